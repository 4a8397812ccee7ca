import { cases } from './cases.ts'

/** The table of faults as docs/synchronisation.md shows it. */
export function faultTable(): string {
  const rows = cases.map(({ name, kind, status, code, says, isBehind }) => {
    const said = says.map(words => `“${words}”`).join(', ')
    const after = isBehind ? 'a full run' : status === 'completed' ? 'nothing more' : 'the next run'
    return `| ${[name, kind, status, code === null ? '' : `\`${code}\``, said, after].join(' | ')} |`
  })
  return ['| Fault | Run | Ends as | Code | Says | Equal after |', '|---|---|---|---|---|---|', ...rows].join('\n')
}
