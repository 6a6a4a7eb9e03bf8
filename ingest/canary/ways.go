package canary

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"sellthrough"
)

// HTTP posts to the API port, with the key of the canary. It is this process's own port: whose certificate it shows does not
// matter.
func HTTP(url, key string, took func(*sellthrough.Receipt)) Way {
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}}} //nolint:gosec // see above
	return Way{"http", func(ctx context.Context, name string, body []byte) error {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/v1/feeds/"+string(sellthrough.CanaryFeed)+"?file="+name, bytes.NewReader(body))
		if err != nil {
			return err
		}
		r.Header.Set("Authorization", "Bearer "+key)
		a, err := client.Do(r)
		if err != nil {
			return err
		}
		defer a.Body.Close()
		text, err := io.ReadAll(io.LimitReader(a.Body, 1<<20))
		if err != nil {
			return err
		}
		if a.StatusCode != http.StatusAccepted {
			return fmt.Errorf("answered %d: %s", a.StatusCode, text)
		}
		var rc sellthrough.Receipt
		if err := json.Unmarshal(text, &rc); err != nil {
			return fmt.Errorf("read the receipt: %w", err)
		}
		took(&rc)
		return nil
	}}
}

// Kafka writes to a topic that the door reads.
func Kafka(write func(ctx context.Context, file string, value []byte) error) Way {
	return Way{"kafka", write}
}

// Mail sends to the mailbox that the door reads.
func Mail(send func(ctx context.Context, file string, body []byte) error) Way {
	return Way{"mail", send}
}

// Folder puts files into a folder, and takes away what became of those before.
func Folder(dir string) Way {
	return Way{"folder", func(_ context.Context, name string, body []byte) error {
		if err := sweep(dir); err != nil {
			return err
		}
		part := filepath.Join(dir, name+".part")
		if err := os.WriteFile(part, body, 0o660); err != nil { //nolint:gosec // the folder's other files are so too
			return err
		}
		return os.Rename(part, filepath.Join(dir, name))
	}}
}

// sweep deletes what the door left of earlier files.
func sweep(dir string) error {
	var faults []error
	for _, sub := range []string{"processed", "refused"} {
		files, err := os.ReadDir(filepath.Join(dir, sub))
		if err != nil {
			continue // the door has not made it yet
		}
		for _, f := range files {
			if strings.HasPrefix(f.Name(), "canary-") {
				faults = append(faults, os.Remove(filepath.Join(dir, sub, f.Name())))
			}
		}
	}
	return errors.Join(faults...)
}

// Key is an SSH key of this process's life: its public half as authorized_keys has it.
func Key() (signer ssh.Signer, public string, err error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, "", err
	}
	if signer, err = ssh.NewSignerFromKey(private); err != nil {
		return nil, "", err
	}
	return signer, strings.TrimSpace(string(ssh.MarshalAuthorizedKey(signer.PublicKey()))), nil
}

// SFTP uploads as a user of the door. It is this process's own port: which key the server shows does not matter.
func SFTP(address, user string, signer ssh.Signer, dir string) Way {
	return Way{"sftp", func(ctx context.Context, name string, body []byte) error {
		if err := sweep(dir); err != nil {
			return err
		}
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
		if err != nil {
			return err
		}
		defer conn.Close()
		defer context.AfterFunc(ctx, func() { conn.Close() })()
		c, channels, requests, err := ssh.NewClientConn(conn, address, &ssh.ClientConfig{
			User: user, Auth: []ssh.AuthMethod{ssh.PublicKeys(signer)}, HostKeyCallback: ssh.InsecureIgnoreHostKey(), Timeout: 10 * time.Second, //nolint:gosec // see above
		})
		if err != nil {
			return err
		}
		client, err := sftp.NewClient(ssh.NewClient(c, channels, requests))
		if err != nil {
			return err
		}
		defer client.Close()
		f, err := client.Create("/" + string(sellthrough.CanaryFeed) + "/" + name)
		if err != nil {
			return err
		}
		_, err = f.Write(body)
		return errors.Join(err, f.Close())
	}}
}
