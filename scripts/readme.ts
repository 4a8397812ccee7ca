import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { assetQueryFields, findingQueryFields, type QueryField } from '../src/domain/query/index.ts'
import { type Setting, settings } from '../src/platform/config.ts'

// Fills the parts of the READMEs that are made from the program: the settings table, the measured figures, the plain loop.

const root = join(import.meta.dirname, '..')

interface Page {
  readonly file: string
  readonly parts: Readonly<Record<string, () => string>>
}

const pages: readonly Page[] = [
  { file: join(root, 'README.md'), parts: { settings: settingsTable, figures } },
  {
    file: join(root, 'bench', 'README.md'),
    parts: { figures, deltas, reads, page_times: pageTimes, feeds, files, security_center: securityCenter, loop },
  },
  {
    file: join(root, 'docs', 'query-language.md'),
    parts: { finding_words: () => wordsOf(findingQueryFields), asset_words: () => wordsOf(assetQueryFields) },
  },
]

/** The pages with their generated parts as they should be. */
export function filledPages(): readonly { readonly file: string; readonly text: string }[] {
  return pages.map(({ file, parts }) => ({
    file,
    text: Object.entries(parts).reduce((text, [name, make]) => fill(text, name, make()), readFileSync(file, 'utf8')),
  }))
}

function fill(text: string, name: string, content: string): string {
  const [open, close] = [`<!-- ${name} -->\n`, `<!-- /${name} -->`]
  const from = text.indexOf(open)
  const to = text.indexOf(close)
  if (from < 0 || to < 0) throw new Error(`there is no place for ${name}`)
  return `${text.slice(0, from + open.length)}${content}${text.slice(to)}`
}

function settingsTable(): string {
  const rows = (Object.values(settings) as Setting<unknown>[]).map(setting => {
    const about = setting.isPlanned ? `${setting.about} (accepted; not used by this version yet)` : setting.about
    const fallback = setting.fallback === undefined ? '' : `\`${String(setting.fallback)}\``
    return `| \`${setting.name}\` | ${about} | ${fallback} | ${setting.range ?? ''} | ${setting.unit ?? ''} |`
  })
  return `| variable | what for | default | range | unit |\n|---|---|---|---|---|\n${rows.join('\n')}\n`
}

function figures(): string {
  return measured('results.md')
}

function deltas(): string {
  return measured('deltas.md')
}

function reads(): string {
  return measured('reads.md')
}

function pageTimes(): string {
  return measured('pages.md')
}

function feeds(): string {
  return measured('feeds.md')
}

function files(): string {
  return measured('files.md')
}

function securityCenter(): string {
  return measured('security-center.md')
}

function wordsOf(fields: readonly QueryField[]): string {
  const rows = fields.map(field => {
    const values = field.kind === 'set' ? field.values.map(value => `\`${value}\``).join(', ') : examples[field.kind]
    return `| ${field.names.map(name => `\`${name}\``).join(', ')} | ${field.about} | ${values} |`
  })
  return `| field | what | values |\n|---|---|---|\n${rows.join('\n')}\n`
}

const examples = {
  flag: '`true`, `false`',
  text: 'text',
  texts: 'texts',
  numbers: 'numbers',
  range: 'a number or a range',
  time: 'dates and ages',
} as const

function measured(name: string): string {
  const file = join(root, 'bench', name)
  return existsSync(file) ? readFileSync(file, 'utf8') : ''
}

function loop(): string {
  return `\`\`\`ts\n${readFileSync(join(root, 'bench', 'plain-loop.ts'), 'utf8')}\`\`\`\n`
}

if (process.argv[1] === import.meta.filename) {
  for (const { file, text } of filledPages()) {
    if (!process.argv.includes('--check')) writeFileSync(file, text)
    else if (readFileSync(file, 'utf8') !== text) {
      console.error(`${file} is not up to date: run \`npm run readme\`.`)
      process.exitCode = 1
    }
  }
}
