package main

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"inkling/pkg/lab"
	"inkling/pkg/lab/search"
	"inkling/pkg/nn"
)

const completionUsage = `completion bash|zsh
  bash   source <(inkling completion bash), for good in ~/.bashrc
  zsh    source <(inkling completion zsh) behind compinit, or as a file _inkling in a folder of $fpath
subcommands, flags, their values, runs and questions of the run store, files; for a program inkling that go build
or go install made`

// bashScript asks the program what could stand at the cursor: it knows its flags and
// runs, and quotes as the line does.
const bashScript = `_inkling() {
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        COMPREPLY+=("$line")
    done < <("${COMP_WORDS[0]/#\~/$HOME}" __complete bash "$COMP_WORDBREAKS" "${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[/=,:] ]]; then
        compopt -o nospace
    fi
}
complete -o nosort -F _inkling inkling
`

const zshScript = `#compdef inkling
_inkling() {
    local line
    local -a whole open
    while IFS= read -r line; do
        case $line in
            *[/=,:]) open+=("$line") ;;
            *) whole+=("$line") ;;
        esac
    done < <("${(Q)words[1]/#\~/$HOME}" __complete words "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)
    (( $#whole )) && compadd -V inkling -- "${whole[@]}"
    (( $#open )) && compadd -V inkling -S '' -- "${open[@]}"
    (( $#whole + $#open ))
}
if [[ ${funcstack[1]} == _inkling ]]; then
    _inkling "$@"
else
    compdef _inkling inkling
fi
`

func completionCommand(args []string) (int, error) {
	fs := newFlags()
	rest, err := parseWords("completion", fs, args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		help(completionUsage, fs)
		return 0, nil
	case err != nil:
		return 0, err
	case len(rest) != 1:
		return 0, fmt.Errorf("completion for %d shells, want one: bash or zsh", len(rest))
	}
	switch rest[0] {
	case "bash":
		fmt.Print(bashScript)
	case "zsh":
		fmt.Print(zshScript)
	default:
		return 0, fmt.Errorf("completion for %.40q%s, want bash or zsh", rest[0], lab.DidYouMean(rest[0], []string{"bash", "zsh"}))
	}
	return 0, nil
}

// completeWords is what the shells' scripts call: it prints what the word at the cursor
// could be, a line each.
func completeWords(args []string) {
	switch {
	case len(args) == 3 && args[0] == "bash":
		l := lexLine(args[2], args[1])
		for _, c := range candidates(l.words[1:], l.last) {
			if text, ok := l.insert(c); ok {
				fmt.Println(text)
			}
		}
	case len(args) >= 2 && args[0] == "words":
		for _, c := range candidates(args[1:len(args)-1], args[len(args)-1]) {
			fmt.Println(c)
		}
	}
}

// candidates are all that the last of words could be, of which a part is there.
func candidates(words []string, last string) (list []string) {
	add := func(more ...string) {
		for _, c := range more {
			if strings.HasPrefix(c, last) && !slices.Contains(list, c) && !strings.ContainsAny(c, "\n\r") {
				list = append(list, c)
			}
		}
	}
	if len(words) == 0 {
		for _, c := range commands {
			add(c.name)
		}
		add("help")
		return list
	}
	command := words[0]
	if command == "help" {
		switch {
		case len(words) == 1:
			for _, c := range commands {
				add(c.name)
			}
			for _, t := range topics {
				add(t.name)
			}
		case words[1] == "runs" && len(words) == 2:
			add(runsActions[1:]...)
		default:
			if flags := flagsOf(words[1:]); flags != nil {
				flags.VisitAll(func(f *flag.Flag) { add(f.Name) })
			}
		}
		return list
	}
	flags := flagsOf(words)
	if flags == nil {
		return nil
	}
	// The value of a flag, in the same word or in the next one.
	if name, value, ok := strings.Cut(last, "="); ok && strings.HasPrefix(last, "-") {
		dashes := name[:len(name)-len(strings.TrimLeft(name, "-"))]
		if f := flags.Lookup(name[len(dashes):]); f != nil {
			for _, v := range valuesOf(f, words, value) {
				add(name + "=" + v)
			}
		}
		return list
	}
	if n := len(words); n > 1 && strings.HasPrefix(words[n-1], "-") && !strings.Contains(words[n-1], "=") {
		if f := flags.Lookup(strings.TrimLeft(words[n-1], "-")); f != nil && !isBool(f) {
			add(valuesOf(f, words, last)...)
			return list
		}
	}
	if strings.HasPrefix(last, "-") {
		flags.VisitAll(func(f *flag.Flag) {
			name := "--" + f.Name
			if slices.ContainsFunc(words, func(w string) bool { return w == name || strings.HasPrefix(w, name+"=") }) {
				return
			}
			if !isBool(f) {
				name += "="
			}
			add(name)
		})
		add("--help")
		return list
	}
	plain := 0 // words before that are no flags
	for i, w := range words[1:] {
		before := words[i]
		f := flags.Lookup(strings.TrimLeft(before, "-"))
		if !strings.HasPrefix(w, "-") && !(strings.HasPrefix(before, "-") && f != nil && !isBool(f)) {
			plain++
		}
	}
	for _, kind := range wordKinds(command, words, plain) {
		switch kind {
		case "action":
			add(runsActions[1:]...)
		case "question":
			add(lab.Questions()...)
		case "run":
			add(runNames(words, last)...)
		case "file":
			add(files(last)...)
		case "shell":
			add("bash", "zsh")
		}
	}
	return list
}

// wordKinds is what a word of a command can be, that has so many before it.
func wordKinds(command string, words []string, before int) []string {
	switch command {
	case "test", "export":
		return []string{"question", "run", "file"}
	case "compare", "watch":
		return []string{"run"}
	case "predict", "import", "data":
		return []string{"file"}
	case "completion":
		if before == 0 {
			return []string{"shell"}
		}
	case "runs":
		switch {
		case before == 0:
			return []string{"action", "question"}
		case slices.Contains(words, "rm"), before == 1 && (slices.Contains(words, "show") || slices.Contains(words, "rename")):
			return []string{"run"}
		}
	}
	return nil
}

// flagsOf are the flags of a command, which tells them where it is asked for help.
func flagsOf(words []string) (flags *flag.FlagSet) {
	asked = func(fs *flag.FlagSet) { flags = fs }
	defer func() { asked = nil }()
	args := []string{"--help"}
	for _, w := range words[1:] { // of several actions, which one
		if slices.Contains(runsActions, w) {
			args = []string{w, "--help"}
		}
	}
	for _, c := range commands {
		if c.name == words[0] {
			c.run(args)
		}
	}
	return flags
}

func isBool(f *flag.Flag) bool {
	b, ok := f.Value.(interface{ IsBoolFlag() bool })
	return ok && b.IsBoolFlag()
}

// valuesOf are values of a flag, of which a part is there.
func valuesOf(f *flag.Flag, words []string, part string) []string {
	switch f.Name {
	case "question":
		return lab.Questions()
	case "run", "fork":
		return runNames(words, part)
	case "data":
		return slices.Concat(dataWords, files(part))
	case "from":
		return frameworks()
	case "method":
		return []string{string(search.Grid), string(search.Random), string(search.Halving)}
	case "prepared":
		return []string{"mnist"}
	case "layers":
		return layersFrom(part)
	}
	if list, ok := strings.CutPrefix(f.Usage, "one of "); ok {
		before := ""
		if words[0] == "search" { // which takes several
			before = part[:strings.LastIndexAny(part, ",/")+1]
		}
		all := strings.Split(list, ", ")
		for i, v := range all {
			all[i] = before + v
		}
		return all
	}
	switch {
	case isBool(f):
		return []string{"true", "false"}
	case takesFile(f):
		return files(part)
	}
	return nil
}

// layersFrom are ways to go on with a list of layers, of which a part is there: the
// kinds, with a colon where fields follow and a comma where another layer does, and
// the names of fields.
func layersFrom(part string) (list []string) {
	if strings.ContainsAny(part, "[{") { // JSON
		return nil
	}
	item := part[strings.LastIndexAny(part, ",/")+1:]
	before := part[:len(part)-len(item)]
	kind, given, fields := strings.Cut(item, ":")
	for _, k := range nn.Kinds() {
		short, ok := shortLayer(k)
		switch {
		case !ok:
		case !fields:
			if len(k.Fields) > 0 {
				list = append(list, before+k.Name+":")
			}
			if short == k.Name { // it needs none
				list = append(list, before+k.Name+",")
			}
		case k.Name == kind:
			last := given[strings.LastIndexByte(given, ':')+1:]
			for _, f := range k.Fields {
				if name, _, within := strings.Cut(f, " "); !within && !strings.Contains(":"+given, ":"+name+"=") {
					list = append(list, before+strings.TrimSuffix(item, last)+name+"=")
				}
			}
		}
	}
	return list
}

// takesFile reports whether a flag is a file's name, by its help.
func takesFile(f *flag.Flag) bool {
	return strings.Contains(f.Usage, "this file") || strings.Contains(f.Usage, "(….") || f.Name == "model" || f.Name == "tensorboard"
}

// runNames are the labels of the runs that are looked among, their names and, where a
// beginning of one is there, their ids.
func runNames(words []string, part string) (list []string) {
	question := ""
	for i, w := range words {
		if value, ok := strings.CutPrefix(w, "--question="); ok {
			question = value
		} else if w == "--question" && i+1 < len(words) {
			question = words[i+1]
		}
	}
	runs, _ := lab.StoredRuns(question) // a damaged run is not what is asked about
	for i, label := range lab.Labels(runs) {
		list = append(list, label)
		if strings.HasPrefix(runs[i].Name, part) && runs[i].Name != label && part != "" {
			list = append(list, runs[i].Name)
		}
		if part != "" {
			list = append(list, runs[i].ID())
		}
	}
	return list
}

// files are those in a folder, which end in a slash if they are folders; hidden ones
// only where a dot is there.
func files(part string) (list []string) {
	folder, begin := path.Split(part)
	open := cmp.Or(folder, ".")
	if home, err := os.UserHomeDir(); err == nil && strings.HasPrefix(folder, "~/") {
		open = filepath.Join(home, folder[2:])
	}
	entries, _ := os.ReadDir(open)
	for _, e := range entries {
		name := e.Name()
		if name[0] == '.' && !strings.HasPrefix(begin, ".") {
			continue
		}
		if info, err := os.Stat(filepath.Join(open, name)); err == nil && info.IsDir() {
			name += "/"
		}
		list = append(list, folder+name)
	}
	return list
}

// lexed is a line of bash up to the cursor.
type lexed struct {
	words []string // whole ones, the program first
	last  string   // the one at the cursor, as a program would get it
	keep  int      // so much of it stands before what bash takes for the word, and replaces
	quote byte     // that the cursor stands in, 0 for none
}

// lexLine cuts a line into words as bash does. breaks is COMP_WORDBREAKS.
func lexLine(line, breaks string) (l lexed) {
	var word []byte
	began := false
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case l.quote == 0 && c == ' ' || l.quote == 0 && c == '\t':
			if began {
				l.words = append(l.words, string(word))
			}
			word, began, l.keep = nil, false, 0
			continue
		case c == '\\' && l.quote != '\'' && i+1 < len(line):
			if next := line[i+1]; l.quote == 0 || strings.IndexByte("$`\"\\", next) >= 0 {
				i++
				c = next
			}
			word = append(word, c)
		case c == l.quote:
			l.quote = 0
		case l.quote == 0 && (c == '"' || c == '\''):
			l.quote, l.keep = c, len(word)
		default:
			word = append(word, c)
			if l.quote == 0 && strings.IndexByte(breaks, c) >= 0 {
				l.keep = len(word)
			}
		}
		began = true
	}
	l.last = string(word)
	if len(l.words) == 0 {
		l.words = []string{""}
	}
	return l
}

// insert is what bash puts in place of the word at the cursor to make it c, quoted as
// it stands; not ok where it cannot be.
func (l lexed) insert(c string) (text string, ok bool) {
	if !strings.HasPrefix(c, l.last[:l.keep]) {
		return "", false
	}
	special := " \t!\"#$&'()*;<>?[\\]^`{|}~"
	switch l.quote {
	case '\'':
		return c[l.keep:], !strings.Contains(c[l.keep:], "'")
	case '"':
		special = "$`\"\\"
	}
	var b strings.Builder
	for i, sign := range c[l.keep:] {
		if sign < 0x80 && strings.IndexByte(special, byte(sign)) >= 0 && !(sign == '~' && i == 0 && l.keep == 0) {
			b.WriteByte('\\')
		}
		b.WriteRune(sign)
	}
	return b.String(), true
}
