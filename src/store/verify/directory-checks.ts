import { directoryLists } from '../../domain/directory.ts'
import type { Check } from './check.ts'

// The last event of an entry must say whether it is there, and every entry has appeared once.

const ofEachList = (statement: (list: string) => string) => directoryLists.map(statement).join(' union all ')

const named = (list: string, alias: string) =>
  `concat('${list} ', ${alias}.native_id, ' of source ', ${alias}.source_id)`

const lastEvent = (list: string) => `
(select e.kind
 from directory_event e
 where e.source_id = d.source_id and e.list = '${list}' and e.native_id = d.native_id
 order by e.event_id desc
 limit 1)`

export const directoryChecks: readonly Check[] = [
  {
    name: 'directory_without_source',
    about: 'networks, sensors and tags of a source that is missing',
    sql: ofEachList(
      list => `
select ${named(list, 'd')} from ${list} d
where not exists (select from source s where s.source_id = d.source_id)`,
    ),
  },
  {
    name: 'directory_event_differs',
    about: 'networks, sensors and tags whose last event does not say whether they are there',
    sql: ofEachList(
      list => `
select ${named(list, 'd')} from ${list} d
where (d.gone_at is not null) is distinct from (${lastEvent(list)} = 'gone')`,
    ),
  },
  {
    name: 'directory_event_without_entry',
    about: 'events of networks, sensors and tags that are missing',
    sql: ofEachList(
      list => `
select ${named(list, 'e')} from directory_event e
where e.list = '${list}' and e.kind = 'appeared'
  and not exists (select from ${list} d where d.source_id = e.source_id and d.native_id = e.native_id)`,
    ),
  },
]
