import type { Json, JsonObject } from '../../domain/json.ts'
import { curlOf } from './curl.ts'
import { type Html, html, type Markup, raw } from './html.ts'
import { namesIn, type Schema, typeOf } from './schema-words.ts'

// The OpenAPI document as one page that a person can read and search. Nothing is loaded from anywhere else.

interface MediaType {
  readonly schema?: Schema
  readonly example?: Json
}
interface Parameter {
  readonly name: string
  readonly in: string
  readonly required?: boolean
  readonly description?: string
  readonly schema: Schema
  readonly example?: Json
}
export interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly description?: string
  readonly tags: readonly string[]
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly required?: boolean; readonly content: Readonly<Record<string, MediaType>> }
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content?: Readonly<Record<string, MediaType>> }>
  >
  readonly security?: readonly JsonObject[]
  readonly 'x-role': string
}
export interface Document {
  readonly info: { readonly title: string; readonly version: string; readonly description: string }
  readonly tags: readonly { readonly name: string; readonly description: string }[]
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}

export interface Placed {
  readonly method: string
  readonly path: string
  readonly operation: Operation
}

/** @param hasApp the web app is served too: its theme is followed, and there is a way back to it */
export function renderReference(document: Document, origin: string, hasApp: boolean): string {
  const all = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): Placed => ({ method, path, operation })),
  )
  // Each where it belongs first, so that it is there once.
  const told = new Set(document.tags.map(tag => tag.name))
  const untold = [...new Set(all.map(one => one.operation.tags[0]!))].filter(name => !told.has(name))
  const groups = [...document.tags, ...untold.map(name => ({ name, description: '' }))]
    .map(tag => ({ tag, placed: all.filter(one => one.operation.tags[0] === tag.name) }))
    .filter(group => group.placed.length > 0)
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Tenfold: API reference</title>
<link rel="stylesheet" href="/docs/api/reference.css">
${hasApp ? html`<link rel="icon" href="/favicon.svg"><script src="/color-scheme.js"></script>` : ''}
<script src="/docs/api/reference.js" defer></script>
</head>
<body>
<a class="skip" href="#main">Skip to the content</a>
<header>
<h1>${document.info.title} API</h1>
<form role="search"><input type="search" aria-label="Search the operations" placeholder="Search: findings as_of, POST sync …" autocomplete="off"></form>
<p class="found" role="status">${all.length} operations</p>
<a href="/api/openapi.json">OpenAPI document</a>
${hasApp ? html`<a href="/">Back to Tenfold</a>` : ''}
</header>
<div class="columns">
<nav aria-label="Operations" tabindex="0">
${groups.map(
  ({ tag, placed }) => html`<div data-group><h2>${tag.name}</h2>
<ul>${placed.map(renderLink)}</ul></div>`,
)}
</nav>
<main id="main" tabindex="-1">
<p>Version ${document.info.version}. ${document.info.description}</p>
<p>Programs send a token, which <em>API tokens</em> makes: <code>Authorization: Bearer tnf_…</code>. Errors are problem details
(RFC 9457) with a stable <code>code</code>; <a href="/docs/errors">what each means</a>.</p>
${groups.map(
  ({ tag, placed }) => html`<div data-group>
<h2>${tag.name}</h2>
<p class="dim">${tag.description}</p>
${placed.map(one => renderOperation(one, origin))}
</div>`,
)}
<div data-group>
<h2>schemas</h2>
${Object.entries(document.components.schemas).map(([name, schema]) => renderSchema(name, schema))}
</div>
</main>
</div>
</body>
</html>
`.toString()
}

function renderLink({ method, operation, path }: Placed): Html {
  const short = path.replace(/^\/api(\/tenable)?/, '') || path
  return html`<li><a href="#${operation.operationId}"><span class="method ${method}">${method.toUpperCase()}</span> ${short}</a></li>
`
}

function renderOperation(placed: Placed, origin: string): Html {
  const { method, path, operation } = placed
  const { operationId: id, summary, description, parameters = [], requestBody, responses } = operation
  const words = [id, method, path, summary, description ?? '', ...operation.tags, ...parameters.map(one => one.name)]
  return html`<section class="operation" id="${id}" aria-labelledby="${id}-title" data-words="${words.join(' ').toLowerCase()}">
<h3 id="${id}-title">${summary}</h3>
<p class="address"><span class="method ${method}">${method.toUpperCase()}</span> ${path}</p>
${description === undefined ? '' : html`<p>${description}</p>`}
<p class="dim">${whoMay(operation)} Operation <code>${id}</code>.</p>
${parameters.length === 0 ? '' : renderParameters(parameters, summary)}
${requestBody === undefined ? '' : renderBody(requestBody)}
<h4>With curl</h4>
${renderCode(curlOf(placed, origin), `${summary}: curl`)}
<h4>Answers</h4>
${Object.entries(responses).map(([status, answer]) => renderAnswer(status, answer, summary))}
</section>
`
}

const callers: Readonly<Record<string, string>> = {
  stranger: 'Anybody may call it.',
  account: 'Whoever has an account may call it.',
}

function whoMay({ 'x-role': role, security = [] }: Operation): string {
  const scopes = security.flatMap(one => one.token ?? []) as string[]
  const by = scopes.length > 0 ? `A token needs ${scopes.join(', ')}.` : role === 'stranger' ? '' : 'Not with a token.'
  return `${callers[role] ?? `Needs the role ${role}.`} ${by}`.trim()
}

function renderParameters(parameters: readonly Parameter[], summary: string): Html {
  return html`<h4>Parameters</h4>
<div class="wide" tabindex="0" role="group" aria-label="${summary}: parameters"><table>
<thead><tr><th scope="col">name</th><th scope="col">in</th><th scope="col">type</th><th scope="col">what</th></tr></thead>
<tbody>${parameters.map(
    one => html`<tr><th scope="row"><code>${one.name}</code>${one.required ? ' (required)' : ''}</th><td>${one.in}</td><td>${renderType(one.schema)}</td><td>${one.description ?? one.schema.description ?? ''}</td></tr>
`,
  )}</tbody></table></div>`
}

function renderBody({ required, content }: NonNullable<Operation['requestBody']>): Html {
  return html`<h4>Body${required === false ? ' (may be left out)' : ''}</h4>
${Object.entries(content).map(
  ([type, { schema, example }]) => html`<p><code>${type}</code> ${schema ? renderType(schema) : ''}</p>
${example === undefined ? '' : renderCode(textOf(example), `Body as ${type}`)}`,
)}`
}

function renderAnswer(status: string, answer: Operation['responses'][string], summary: string): Html {
  const media = Object.entries(answer.content ?? {})
  if (media.length === 0) return html`<p><code>${status}</code> ${answer.description}</p>`
  return html`<details${status.startsWith('2') ? raw(' open') : ''}><summary><code>${status}</code> ${answer.description}</summary>
${media.map(
  ([type, { schema, example }]) => html`<p><code>${type}</code> ${schema ? renderType(schema) : ''}</p>
${example === undefined || example === '' ? '' : renderCode(textOf(example), `${summary}: ${status} as ${type}`)}`,
)}</details>
`
}

function renderSchema(name: string, schema: Schema): Html {
  const fields = Object.entries(schema.properties ?? {})
  const words = ['schema', name, ...fields.map(([field]) => field)].join(' ').toLowerCase()
  return html`<section class="schema" id="schema-${name}" aria-labelledby="schema-${name}-title" data-words="${words}">
<h3 id="schema-${name}-title">${name}</h3>
${schema.description === undefined ? '' : html`<p>${schema.description}</p>`}
${fields.length === 0 ? html`<p>${renderType(schema)}</p>` : renderFields(name, fields, schema.required ?? [])}
</section>
`
}

function renderFields(name: string, fields: readonly (readonly [string, Schema])[], required: readonly string[]): Html {
  return html`<div class="wide" tabindex="0" role="group" aria-label="Fields of ${name}"><table>
<thead><tr><th scope="col">field</th><th scope="col">type</th><th scope="col">what</th></tr></thead>
<tbody>${fields.map(
    ([
      field,
      one,
    ]) => html`<tr><th scope="row"><code>${field}</code>${required.includes(field) ? '' : ' (optional)'}</th><td>${renderType(one)}</td><td>${one.description ?? ''}</td></tr>
`,
  )}</tbody></table></div>`
}

/** In words; a name leads to its schema. */
function renderType(schema: Schema): Html {
  const names = new Set(namesIn(schema))
  const parts = typeOf(schema).split(/\b([A-Z][A-Za-z]+)\b/)
  return html`${parts.map((part): Markup => (names.has(part) ? html`<a href="#schema-${part}">${part}</a>` : part))}`
}

function renderCode(text: string, label: string): Html {
  return html`<pre tabindex="0" role="group" aria-label="${label}"><code>${text}</code></pre>`
}

function textOf(example: Json): string {
  return typeof example === 'string' ? example : JSON.stringify(example, null, 2)
}
