// In an editor the Tab key writes a tab, and who has no mouse would never get out of it (WCAG 2.1.2). Here it moves on;
// lines are indented by Ctrl+] and by the formatter.
import * as monaco from 'monaco-graphql/esm/monaco-editor.js'

// An editor tells of itself before it is whole, hence the wait.
monaco.editor.onDidCreateEditor((editor) => setTimeout(() => editor.updateOptions({ tabFocusMode: true })))
