import type { Database, Queryable } from './database.ts'

// The schema as text, read from the catalogue: the bundled PostgreSQL comes without pg_dump, and pg_dump's text changes
// with its version. Equal schemas give equal texts on every PostgreSQL we support; a view of one table alone would not,
// for older versions write its columns with the table's name and newer ones without.

const header = `-- The schema that the migrations produce. Made by \`npm run schema\`, checked by a test; to be reviewed, never to be run.`

/**
 * Writes down everything in the schemas of a database: tables with columns, defaults, keys, checks, indexes and statistics,
 * sequences, functions, triggers, views and comments.
 * @throws Error when there is something it does not know how to write
 */
export async function dumpSchema(database: Database): Promise<string> {
  return database.transaction(async connection => {
    // Names of this schema are written without it.
    await connection.query('set local search_path = public')
    await refuseUnknown(connection)
    const parts = [
      ...(await statements(connection, selectSchemas)),
      ...(await statements(connection, selectFunctions)),
      ...(await statements(connection, selectSequences)),
      ...(await dumpTables(connection)),
      ...(await dumpViews(connection)),
    ]
    return `${[header, ...parts].join('\n\n')}\n`
  })
}

const ours = (column: string) => `${column} in (
  select oid from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema')`

const selectUnknown = `
select format('%s %s', kind, name) as what
from (
  select concat('relation of kind ', relkind), oid::regclass::text
  from pg_class
  where ${ours('relnamespace')} and relkind not in ('r', 'p', 'v', 'S', 'i', 'I', 't')
  union all
  select 'type', format_type(oid, null)
  from pg_type
  where ${ours('typnamespace')} and typtype in ('e', 'd', 'r', 'm')
  union all
  select concat('function of kind ', prokind), oid::regprocedure::text
  from pg_proc
  where ${ours('pronamespace')} and prokind not in ('f', 'p')
  union all
  select 'rule', concat(rulename, ' on ', ev_class::regclass)
  from pg_rewrite
  join pg_class on pg_class.oid = ev_class
  where ${ours('relnamespace')} and rulename <> '_RETURN'
  union all
  select 'policy', concat(polname, ' on ', polrelid::regclass)
  from pg_policy
) as unknown (kind, name)
order by 1`

async function refuseUnknown(connection: Queryable): Promise<void> {
  const { rows } = await connection.query<{ what: string }>(selectUnknown)
  if (rows.length > 0) {
    throw new Error(`store/schema-dump.ts does not know how to write: ${rows.map(row => row.what).join(', ')}`)
  }
}

async function statements(connection: Queryable, text: string): Promise<string[]> {
  const { rows } = await connection.query<{ statement: string }>(text)
  return rows.map(row => row.statement.trim())
}

/** A line that comments on an object, of expressions for what it is, its name and the comment; none without a comment. */
const comment = (kind: string, name: string, description: string) =>
  `case when ${description} is not null
        then format(E'\\ncomment on %s %s is %L;', ${kind}, ${name}, ${description}) else '' end`

const selectSchemas = `
select format('create schema %I;', nspname) || ${comment("'schema'", 'quote_ident(nspname)', "obj_description(oid, 'pg_namespace')")}
         as statement
from pg_namespace
where ${ours('oid')} and nspname <> 'public'
order by nspname collate "C"`

const selectFunctions = `
select rtrim(pg_get_functiondef(oid), E'\\n') || ';' || ${comment("'function'", 'oid::regprocedure', "obj_description(oid, 'pg_proc')")}
         as statement
from pg_proc
where ${ours('pronamespace')}
order by oid::regprocedure::text collate "C"`

// Those of identity columns belong to their column.
const selectSequences = `
select format('create sequence %s as %s start %s increment %s minvalue %s maxvalue %s cache %s%s;', c.oid::regclass,
              format_type(s.seqtypid, null), s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache,
              case when s.seqcycle then ' cycle' end)
         || ${comment("'sequence'", 'c.oid::regclass', "obj_description(c.oid, 'pg_class')")} as statement
from pg_sequence s
join pg_class c on c.oid = s.seqrelid
where ${ours('c.relnamespace')}
  and not exists (select from pg_depend d where d.objid = c.oid and d.classid = 'pg_class'::regclass and d.deptype = 'i')
order by c.oid::regclass::text collate "C"`

interface Relation {
  readonly oid: number
  readonly name: string
  /** What follows the columns of a table; of a partition, what takes their place. */
  readonly tail: string
  readonly is_partition: boolean
  readonly comments: string
}

const relationColumns = `
       c.oid, c.oid::regclass::text as name, c.relispartition as is_partition,
       ${comment("case c.relkind when 'v' then 'view' else 'table' end", 'c.oid::regclass', "obj_description(c.oid, 'pg_class')")}
         || coalesce((
           select string_agg(format(E'\\ncomment on column %s.%I is %L;', c.oid::regclass, a.attname, d.description), ''
                             order by a.attnum)
           from pg_attribute a
           join pg_description d on d.objoid = c.oid and d.classoid = 'pg_class'::regclass and d.objsubid = a.attnum
           where a.attrelid = c.oid), '') as comments`

const selectTables = `
select ${relationColumns},
       case when c.relispartition
         then (select format(' partition of %s %s', i.inhparent::regclass, lower(pg_get_expr(c.relpartbound, c.oid)))
               from pg_inherits i
               where i.inhrelid = c.oid)
         else ''
       end
       || coalesce(' partition by ' || lower(pg_get_partkeydef(c.oid)), '')
       || coalesce(' with (' || array_to_string(c.reloptions, ', ') || ')', '') as tail
from pg_class c
where ${ours('c.relnamespace')} and c.relkind in ('r', 'p')
order by c.oid::regclass::text collate "C"`

const selectViews = `
select ${relationColumns}, pg_get_viewdef(c.oid, true) as tail
from pg_class c
where ${ours('c.relnamespace')} and c.relkind = 'v'
order by c.oid::regclass::text collate "C"`

interface Line {
  readonly oid: number
  readonly line: string
}

const selectColumns = `
select a.attrelid as oid,
       concat_ws(' ', quote_ident(a.attname),
         replace(format_type(a.atttypid, a.atttypmod), 'timestamp with time zone', 'timestamptz'),
         case when a.attcollation <> t.typcollation then 'collate ' || quote_ident(l.collname) end,
         case when a.attnotnull then 'not null' end,
         case a.attidentity when 'a' then 'generated always as identity' when 'd' then 'generated by default as identity' end,
         case when a.attgenerated = 's' then format('generated always as (%s) stored', pg_get_expr(d.adbin, d.adrelid))
              else 'default ' || pg_get_expr(d.adbin, d.adrelid) end,
         case when a.attstorage <> t.typstorage and c.relkind in ('r', 'p') then 'storage ' || case a.attstorage
           when 'p' then 'plain' when 'e' then 'external' when 'm' then 'main' else 'extended' end end
       ) as line
from pg_attribute a
join pg_class c on c.oid = a.attrelid
join pg_type t on t.oid = a.atttypid
left join pg_collation l on l.oid = a.attcollation
left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
where ${ours('c.relnamespace')} and c.relkind in ('r', 'p', 'v') and a.attnum > 0 and not a.attisdropped
order by a.attrelid, a.attnum`

// From PostgreSQL 18 on a column that is not null has a constraint, too; the column says it.
const selectConstraints = `
select conrelid as oid, format('constraint %I %s', conname, pg_get_constraintdef(oid, true)) as line
from pg_constraint
where ${ours('connamespace')} and contype in ('p', 'u', 'f', 'c', 'x') and conrelid <> 0
order by conrelid, array_position(array['p', 'u', 'f', 'x', 'c'], contype::text), conname collate "C"`

// Those of a partition follow from those of its table.
const selectIndexes = `
select i.indrelid as oid,
       pg_get_indexdef(i.indexrelid, 0, true) || ';'
         || ${comment("'index'", 'i.indexrelid::regclass', "obj_description(i.indexrelid, 'pg_class')")} as line
from pg_index i
join pg_class c on c.oid = i.indexrelid
where ${ours('c.relnamespace')} and not c.relispartition
  and not exists (select from pg_constraint n where n.conindid = i.indexrelid and n.contype in ('p', 'u', 'x'))
order by i.indrelid, c.relname collate "C"`

const selectStatistics = `
select stxrelid as oid, replace(pg_get_statisticsobjdef(oid), 'public.', '') || ';' as line
from pg_statistic_ext
where ${ours('stxnamespace')}
order by stxrelid, stxname collate "C"`

const selectTriggers = `
select t.tgrelid as oid,
       pg_get_triggerdef(t.oid, true) || ';'
         || ${comment("'trigger'", "concat(quote_ident(t.tgname), ' on ', t.tgrelid::regclass)", "obj_description(t.oid, 'pg_trigger')")}
         as line
from pg_trigger t
join pg_class c on c.oid = t.tgrelid
where ${ours('c.relnamespace')} and not t.tgisinternal and t.tgparentid = 0
order by t.tgrelid, t.tgname collate "C"`

type Lines = ReadonlyMap<number, readonly string[]>

async function linesByRelation(connection: Queryable, text: string): Promise<Lines> {
  const { rows } = await connection.query<Line>(text)
  return new Map([...Map.groupBy(rows, row => row.oid)].map(([oid, lines]) => [oid, lines.map(one => one.line)]))
}

async function dumpTables(connection: Queryable): Promise<string[]> {
  const { rows: tables } = await connection.query<Relation>(selectTables)
  const columns = await linesByRelation(connection, selectColumns)
  const constraints = await linesByRelation(connection, selectConstraints)
  const indexes = await linesByRelation(connection, selectIndexes)
  const statistics = await linesByRelation(connection, selectStatistics)
  const triggers = await linesByRelation(connection, selectTriggers)
  return tables.map(table => {
    const inside = [...(columns.get(table.oid) ?? []), ...(constraints.get(table.oid) ?? [])]
    const body = table.is_partition ? '' : ` (\n${inside.map(line => `  ${line}`).join(',\n')}\n)`
    const after = [indexes, statistics, triggers].flatMap(lines => lines.get(table.oid) ?? [])
    return [`create table ${table.name}${body}${table.tail};${table.comments}`, ...after].join('\n')
  })
}

async function dumpViews(connection: Queryable): Promise<string[]> {
  const { rows: views } = await connection.query<Relation>(selectViews)
  const columns = await linesByRelation(connection, selectColumns)
  return views.map(view => {
    const listed = (columns.get(view.oid) ?? []).map(line => `-- ${line}`)
    return [...listed, `create view ${view.name} as`, `${view.tail}${view.comments}`].join('\n')
  })
}
