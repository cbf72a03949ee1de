package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"

	"inkling/pkg/lab"
	"inkling/pkg/lab/predict"
	"inkling/pkg/viz"
)

const predictUsage = `predict [--model=FILE | --run=RUN] [--figure=FILE] [--json] PICTURE|FOLDER…
  PICTURE   a PNG, JPEG or GIF with one handwritten sign, such as a photograph of a pen on paper
  FOLDER    all pictures in it
asked is the model of --model or --run, else that of the best run by dev on the data of --data;
a model of digits prepared as MNIST's gets pictures prepared so, others get them resized`

func predictCommand(args []string) (int, error) {
	var model, run, figure string
	var asJSON bool
	fs := newFlags()
	of := dataFlag(fs)
	fs.StringVar(&model, "model", "", "ask the model in this file, or in this folder of a run")
	fs.StringVar(&run, "run", "", "ask this run: its id or the beginning of it, or its name; inkling runs lists them")
	fs.StringVar(&figure, "figure", "", "draw the pictures as the network saw them into this file, .png, .svg or .pdf")
	fs.BoolVar(&asJSON, "json", false, "print the answers, with the probabilities of all classes, as lines of JSON")
	rest, err := parseWords("predict", fs, args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		help(predictUsage, fs)
		return 0, nil
	case err != nil:
		return 0, err
	case len(rest) == 0:
		return 0, errors.New("nothing to read, want PNG, JPEG or GIF files, or folders of them")
	case model != "" && run != "":
		return 0, fmt.Errorf("--model=%s and --run=%s, want one of them", model, run)
	case *of != "" && model+run != "":
		return 0, fmt.Errorf("--data=%s has no effect with --model or --run", *of)
	case checkFigure("figure", figure) != nil:
		return 0, checkFigure("figure", figure)
	}
	files, err := predict.Files(rest...)
	if err != nil {
		return 0, err
	}
	reader, err := chosen(model, run, *of)
	if err != nil {
		return 0, err
	}
	answers := reader.Read(files...)
	code := 0
	for _, a := range answers {
		if a.Err != nil {
			fmt.Fprintln(os.Stderr, "inkling:", lab.OneLine(a.Err))
			code = exitMistake
		}
	}
	if asJSON {
		enc := json.NewEncoder(os.Stdout)
		for _, a := range answers {
			if err := enc.Encode(a); err != nil {
				return 0, err
			}
		}
	} else {
		fmt.Printf("model: %s\n%s\n\n", reader.Name, reader.How())
		viz.Show(predict.Table(answers))
	}
	if figure != "" {
		return code, viz.Save(figure, predict.Figure("As the network saw them", answers))
	}
	return code, nil
}

// chosen is the model that is asked for, or that of the best run on the data.
func chosen(model, run, of string) (*predict.Reader, error) {
	if model != "" {
		path, _ := modelFile(model)
		return predict.Load(path)
	}
	if run != "" {
		runs, damaged := lab.StoredRuns("")
		r, err := lab.Find(runs, run)
		if err != nil {
			return nil, errors.Join(err, damaged)
		}
		return predict.Of(r)
	}
	l, err := lab.Open(context.Background(), "command", of)
	if err != nil {
		return nil, err
	}
	r, err := l.BestRun()
	if err != nil {
		how := "go run ./scripts/inkling train"
		if of != "" {
			how += " --data=" + shellWord(of)
		}
		return nil, fmt.Errorf("%w: %s, a minute or two; or name one that there is by --run or --model%s", err, how, havingRuns())
	}
	return predict.Of(r)
}
