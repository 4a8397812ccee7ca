import { readFileSync } from 'node:fs'
import type { FastifyInstance } from 'fastify'
import { policyOfPages } from './headers.ts'
import { problemKinds } from './problems.ts'

const guide = new URL('../../docs/troubleshooting.md', import.meta.url)

/** What the `help` of a problem links to: the guide to troubleshooting, served here so that it needs no other network. */
export function addErrorPage(app: FastifyInstance): void {
  const page = renderErrorPage(readFileSync(guide, 'utf8'))
  app.get('/docs/errors', { schema: { hide: true } }, async (_request, reply) =>
    reply
      .header('content-type', 'text/html; charset=utf-8')
      .header('content-security-policy', policyOfPages(null))
      .send(page),
  )
}

/** The guide as a page: each code is the anchor of its heading. Knows the little Markdown that the guide is written in. */
export function renderErrorPage(markdown: string): string {
  const blocks = markdown.split(/\n{2,}|(?<=^#+ .*)\n/m).map(block => block.trim())
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Tenfold: troubleshooting</title>
<style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 46rem; margin: 2rem auto; padding: 0 1rem }
h2 { margin-top: 2.5rem }
h3 { margin: 1.5rem 0 0; font-family: ui-monospace, monospace }
h3:target { outline: 2px solid }
p { margin: 0.25rem 0; white-space: pre-line }
</style>
${blocks.filter(Boolean).map(renderBlock).join('\n')}
</html>
`
}

function renderBlock(block: string): string {
  const heading = /^(#{1,3}) (.+)$/.exec(block)
  if (!heading) return `<p>${renderLine(block.replace(/\n(?!\*\*)/g, ' '))}</p>`
  const [, marks = '', text = ''] = heading
  if (marks.length < 3) return `<h${marks.length}>${renderLine(text)}</h${marks.length}>`
  const status = problemKinds[text]?.status
  return `<h3 id="${text}">${text}${status === undefined ? '' : ` · HTTP ${status}`}</h3>`
}

const marked: readonly (readonly [RegExp, string])[] = [
  [/`([^`]+)`/g, '<code>$1</code>'],
  [/\*\*([^*]+)\*\*/g, '<strong>$1</strong>'],
  [/\[([^\]]+)\]\((https:[^)\s]+)\)/g, '<a href="$2">$1</a>'],
]

function renderLine(text: string): string {
  const escaped = text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  return marked.reduce((line, [pattern, html]) => line.replace(pattern, html), escaped)
}
