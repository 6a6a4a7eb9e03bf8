// Package question looks at the text of a viewer's question before ClickHouse does.
//
// Who may see what is decided by ClickHouse: by its grants and row policies. This package closes the few doors that
// those leave open, as tried on 26.7: the function file() reads any file of the machine where the server runs as a
// library; mergeTreeIndex() and its kin read the keys of a table past its row policies; some functions call other
// servers; system tables tell sizes and names. It promises that a text which passes is one SELECT that names none of
// them. It leaves everything else to ClickHouse, and refuses what it can't read with certainty.
package question

import (
	"fmt"
	"strings"
)

// functions that no question may name, called or handed to another function. All in lower case.
var functions = set(`file eval catboostevaluate joinget joingetornull sleep sleepeachrow logtrace generateserialid
	aiclassify aiextract aigenerate aitranslate aiembed addresstoline addresstolinewithinlines addresstosymbol
	getclienthttpheader showcertificate fuzzquery`)

// sources are table functions that no question may call: all that reach beyond the tables a reader has grants for.
var sources = set(`azureblobstorage azureblobstoragecluster cluster clusterallreplicas cosn deltalake deltalakeazure
	deltalakeazurecluster deltalakecluster deltalakelocal deltalakes3 deltalakes3cluster dictionary eval executable file
	filecluster filesystem fuzzjson fuzzquery gcs hdfs hdfscluster hudi hudicluster iceberg icebergazure
	icebergazurecluster icebergcluster iceberghdfs iceberghdfscluster iceberglocal iceberglocalcluster icebergs3
	icebergs3cluster input jdbc loop merge mergetreeanalyzeindexes mergetreeanalyzeindexesuuid mergetreeindex
	mergetreeparts mergetreeprojection mergetreetextindex mongodb mysql odbc oss paimon paimonazure paimonazurecluster
	paimoncluster paimonhdfs paimonhdfscluster paimonlocal paimons3 paimons3cluster postgresql prometheusquery
	prometheusqueryrange redis remote remotesecure s3 s3cluster sqlite timeseriesdata timeseriesmetrics
	timeseriessamples timeseriesselector timeseriestags url urlcluster viewexplain viewifpermitted ytsaurus`)

// harmless are the table functions that make rows of nothing, or of the question itself. One that is in neither list
// is refused by a test, when a new version of ClickHouse brings it.
var harmless = set(`format generaterandom generateseries generate_series null numbers numbers_mt primes sqlstandardvalues
	values view zeros zeros_mt`)

// databases whose tables tell about the server.
var databases = set(`system information_schema`)

// Decided says whether this package knows a table function, to refuse it or to let it pass.
func Decided(name string) bool {
	name = strings.ToLower(name)
	return sources[name] || harmless[name]
}

func set(words string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}

// Check says why a text may not be asked, nil when it may.
func Check(sql string) error {
	tokens, err := lex(sql)
	if err != nil {
		return err
	}
	first := 0
	for first < len(tokens) && tokens[first].is("(") {
		first++
	}
	if first == len(tokens) || tokens[first].kind != word || tokens[first].name != "select" && tokens[first].name != "with" {
		return fmt.Errorf("a question begins with SELECT or WITH")
	}
	for i, t := range tokens {
		switch {
		case t.is(";"):
			if i+1 < len(tokens) {
				return fmt.Errorf("one question at a time: there is text after the semicolon")
			}
		case t.kind != word && t.kind != quoted:
		case databases[t.name] && i+1 < len(tokens) && tokens[i+1].is("."):
			return fmt.Errorf("tables of %s are not for questions", t.name)
		case functions[t.name] && !column(tokens, i):
			return fmt.Errorf("%s is the name of a function that no question may use; a column of that name is written with its table, like t.%s", t.name, t.name)
		case sources[t.name] && i+1 < len(tokens) && tokens[i+1].is("("):
			return fmt.Errorf("the table function %s() is not for questions", t.name)
		}
	}
	return nil
}

// column says whether a name can't be a function's: it stands behind a table's name and a dot, or is given to a column.
func column(tokens []token, i int) bool {
	if i+1 < len(tokens) && tokens[i+1].is("(") || i == 0 {
		return false
	}
	if tokens[i-1].kind == word && tokens[i-1].name == "as" {
		return true
	}
	return i >= 2 && tokens[i-1].is(".") && (tokens[i-2].kind == word || tokens[i-2].kind == quoted)
}
