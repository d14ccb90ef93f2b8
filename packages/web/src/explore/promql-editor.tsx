import { autocompletion, closeBrackets, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, insertNewlineAndIndent } from '@codemirror/commands';
import { bracketMatching, HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { lintKeymap } from '@codemirror/lint';
import { EditorState, Prec, type Extension } from '@codemirror/state';
import { EditorView, keymap, placeholder } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { PromQLExtension } from '@prometheus-io/codemirror-promql';
import { useEffect, useRef } from 'react';
import { apiUrl } from '../api/http.ts';
import './promql-editor.css';

export interface PromqlEditorProps {
  /** The text to begin with and, when it changes, to replace what is there. */
  readonly value: string;
  readonly label: string;
  readonly hint: string;
  /** Variables of a dashboard are no PromQL: where they may stand, nothing is underlined. */
  readonly hasVariables?: boolean;
  readonly onChange: (value: string) => void;
  readonly onRun: () => void;
}

/** Metric names are asked for anew after this time: a new application should complete soon. */
const COMPLETION_AGE_MS = 60_000;

/**
 * The PromQL editor: completion from our own metadata API, faults underlined while typing. Enter runs,
 * as in Prometheus; Shift+Enter breaks the line; Tab leaves, so that the keyboard is never trapped.
 */
export function PromqlEditor(props: PromqlEditorProps) {
  const root = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const latest = useRef(props);
  latest.current = props;
  const { value, label, hint, hasVariables = false } = props;
  useEffect(() => {
    if (root.current === null) return;
    const promql = createPromql().activateLinter(!hasVariables);
    const state = EditorState.create({
      doc: latest.current.value,
      extensions: [
        promql.asExtension(),
        editing({ label, hint }),
        EditorView.updateListener.of(({ docChanged, state: { doc } }) => {
          if (docChanged) latest.current.onChange(doc.toString());
        }),
        runKeys(() => latest.current.onRun()),
      ],
    });
    const made = new EditorView({ state, parent: root.current });
    view.current = made;
    return () => {
      made.destroy();
      promql.destroy();
    };
  }, [label, hint, hasVariables]);
  useEffect(() => {
    const { current } = view;
    if (current === undefined || current.state.doc.toString() === value) return;
    current.dispatch({ changes: { from: 0, to: current.state.doc.length, insert: value } });
  }, [value]);
  return <div ref={root} />;
}

function createPromql(): PromQLExtension {
  return new PromQLExtension().setComplete({
    remote: { url: apiUrl(''), httpMethod: 'GET', cache: { maxAge: COMPLETION_AGE_MS } },
  });
}

function editing({ label, hint }: { readonly label: string; readonly hint: string }): Extension {
  return [
    history(),
    closeBrackets(),
    bracketMatching(),
    autocompletion({ icons: false }),
    EditorView.lineWrapping,
    EditorView.contentAttributes.of({ 'aria-label': label, 'data-search': '' }),
    placeholder(hint),
    syntaxHighlighting(HIGHLIGHT),
    keymap.of([...defaultKeymap, ...historyKeymap, ...completionKeymap, ...lintKeymap]),
  ];
}

function runKeys(run: () => void): Extension {
  const runAndStay = (): boolean => {
    run();
    return true;
  };
  return [
    Prec.highest(keymap.of([{ key: 'Mod-Enter', run: runAndStay }])),
    // Below the completion's own Enter, above the default new line.
    Prec.high(
      keymap.of([
        ...completionKeymap,
        { key: 'Shift-Enter', run: insertNewlineAndIndent },
        { key: 'Enter', run: runAndStay },
      ]),
    ),
  ];
}

const HIGHLIGHT = HighlightStyle.define([
  { tag: tags.name, color: 'var(--v-text)' },
  {
    tag: [tags.function(tags.variableName), tags.keyword, tags.operatorKeyword, tags.modifier],
    color: 'var(--v-accent-text)',
  },
  { tag: tags.labelName, color: 'var(--v-info-text)' },
  { tag: tags.string, color: 'var(--v-ok-text)' },
  { tag: [tags.number, tags.integer, tags.float], color: 'var(--v-warning-text)' },
  { tag: tags.comment, color: 'var(--v-muted)' },
  { tag: [tags.operator, tags.arithmeticOperator, tags.compareOperator], color: 'var(--v-muted)' },
  { tag: tags.invalid, color: 'var(--v-critical-text)' },
]);
