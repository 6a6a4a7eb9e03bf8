package access

import (
	"crypto/rand"
	_ "embed"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"time"
)

//go:embed login.html
var loginText string

var loginPage = template.Must(template.New("login").Parse(loginText))

// words of the login page.
var words = map[string]map[string]string{
	"en": {
		"lang": "en", "title": "Log in", "lead": "Sales and stock of the channel", "name": "Name", "password": "Password", "enter": "Log in",
		"or": "or", "with": "Continue with", "other": "中文", "otherLang": "zh",
		"wrong":       "The name or the password is not right.",
		"slow":        "Too many tries. Wait a moment, then try again.",
		"unavailable": "Logins are not possible at the moment. Try again in a minute.",
		"provider":    "The login at the provider did not succeed. Try again.",
		"norole":      "You are logged in at the provider, but have no role here. Ask who looks after this site.",
		"key":         "API key", "keyLead": "Partners log in with the key that they send reports with.", "keyEnter": "Log in as a partner",
		"wrongKey": "This API key is not known. Check it, or ask for a new one.",
	},
	"zh": {
		"lang": "zh-CN", "title": "登录", "lead": "渠道销售与库存", "name": "用户名", "password": "密码", "enter": "登录",
		"or": "或", "with": "使用以下账号登录", "other": "English", "otherLang": "en",
		"wrong":       "用户名或密码不正确。",
		"slow":        "尝试次数过多，请稍候再试。",
		"unavailable": "暂时无法登录，请稍后再试。",
		"provider":    "身份提供方登录未成功，请重试。",
		"norole":      "您已在身份提供方登录，但在此系统中没有角色，请联系管理员。",
		"key":         "API 密钥", "keyLead": "渠道伙伴使用发送报告的密钥登录。", "keyEnter": "以伙伴身份登录",
		"wrongKey": "此 API 密钥无效，请核对或申请新密钥。",
	},
}

// language is that of the request: as it says, else as the browser prefers.
func language(r *http.Request) string {
	if l := r.FormValue("lang"); words[l] != nil {
		return l
	}
	if accepted := strings.ToLower(strings.TrimSpace(r.Header.Get("Accept-Language"))); strings.HasPrefix(accepted, "zh") {
		return "zh"
	}
	return "en"
}

// page shows the login page, with a message.
func (g *Guard) page(w http.ResponseWriter, r *http.Request, status int, message, to string) {
	lang := language(r)
	view := struct {
		W                              map[string]string
		Lang, Message, To, Name, Nonce string
		Password, Keys                 bool
		Provider                       string
	}{W: words[lang], Lang: lang, Message: words[lang][message], To: to, Name: cut(r.PostFormValue("name"), 64), Nonce: rand.Text(), Password: len(g.users) > 0, Keys: len(g.o.Keys) > 0}
	if g.o.Provider != nil {
		view.Provider = g.o.Provider.Label()
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	// form-action holds for where a form leads on to as well, and after a login that is this site.
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'nonce-"+view.Nonce+"'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	if err := loginPage.Execute(w, view); err != nil {
		g.o.Log.Debug().Err(err).Msg("login page") // the reader has gone
	}
}

func (g *Guard) showLogin(w http.ResponseWriter, r *http.Request) {
	to := back(r.FormValue("to"))
	if v, err := g.viewer(r); err == nil && !v.Nobody() {
		http.Redirect(w, r, to, http.StatusSeeOther)
		return
	}
	g.page(w, r, http.StatusOK, "", to)
}

// login takes a name and a password, or an API key.
func (g *Guard) login(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 16<<10)
	if err := r.ParseForm(); err != nil {
		Problem(w, http.StatusBadRequest, "This is not a form.")
		return
	}
	name, password, to := r.PostForm.Get("name"), r.PostForm.Get("password"), back(r.PostForm.Get("to"))
	if r.PostForm.Has("key") {
		g.keyLogin(w, r, r.PostForm.Get("key"), to)
		return
	}
	from := g.address(r)
	refuse := func(why string) {
		g.record(r.Context(), Entry{Who: name, What: "login refused", About: why, Address: from.String()})
	}
	if wait := g.brake.begin(name, from, g.o.Now()); wait > 0 {
		refuse("too many tries")
		w.Header().Set("Retry-After", strconv.Itoa(int((wait+time.Second-1)/time.Second)))
		g.page(w, r, http.StatusTooManyRequests, "slow", to)
		return
	}
	u, known := g.users[fold(name)]
	hash := u.Password
	if !known {
		hash = decoy
	}
	ok, err := g.checks.matches(r.Context(), hash, password)
	switch {
	case err != nil:
		g.o.Log.Error().Err(err).Msg("check a password")
		g.page(w, r, http.StatusServiceUnavailable, "unavailable", to)
	case !ok || !known:
		refuse("name or password")
		g.page(w, r, http.StatusUnauthorized, "wrong", to)
	default:
		g.brake.succeed(name, from)
		g.enter(w, r, u.Name, u.Password.fingerprint(), u.Bound, nil, to)
	}
}
