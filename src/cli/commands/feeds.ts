import { Argument, type Command, InvalidArgumentError, Option } from 'commander'
import type { CveScores, FeedResult, FeedView } from '../../contract/feeds.ts'
import { type FeedKind, feedKinds } from '../../domain/feed.ts'
import { ConfigError } from '../../platform/errors.ts'
import { type Act, actor, type Context, withHub } from '../context.ts'
import { type ExitCode, exitCodes } from '../exit.ts'
import { type JsonOption, jsonOption } from '../options.ts'
import { count, counted, instant, plain, table } from '../text.ts'

interface LoadOptions extends JsonOption {
  readonly file?: string
  readonly url?: string
  readonly date?: string
  readonly acceptShrunk?: boolean
  readonly allowPrivate?: boolean
}

interface CveOptions extends JsonOption {
  readonly on?: string
}

export function feedsCommand(program: Command, act: Act): void {
  const command = program
    .command('feeds')
    .summary('EPSS and CISA KEV: load them, see how old they are')
    .description(
      'Scores of CVEs that others publish: EPSS says how likely one is exploited, CISA KEV which ones are. They are kept ' +
        'day by day, and what they say today stands before what Tenable says.',
    )
  command
    .command('list', { isDefault: true })
    .description('Shows of which day each feed is, and how the last look at its address went.')
    .addOption(jsonOption())
    .action(act(list))
  command
    .command('load')
    .description('Loads a feed from a file or an address: whole, or not at all.')
    .addArgument(new Argument('<kind>', 'which feed').choices(feedKinds))
    .option('--file <path>', 'a file, packed with gzip or not')
    .option('--url <address>', 'an address; without it and without a file the configured one')
    .addOption(new Option('--date <day>', 'the day, for a file that does not say it').argParser(day))
    .option('--accept-shrunk', 'take it though it has far fewer CVEs than the one before')
    .option('--allow-private', 'the address may be one of this machine or of a private network, or http')
    .addOption(jsonOption())
    .addHelpText('after', '\nExample: tenfold feeds load epss --file epss_scores-2025-03-14.csv.gz')
    .action(act(load))
  command
    .command('cve')
    .description('Shows what the feeds say of a CVE, and said before.')
    .argument('<cve>', 'such as CVE-2024-3094')
    .addOption(new Option('--on <day>', 'only what held on this day').argParser(day))
    .addOption(jsonOption())
    .action(act(cve))
}

function day(text: string): string {
  const at = Date.parse(`${text}T00:00:00Z`)
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || Number.isNaN(at)) {
    throw new InvalidArgumentError('It must be a day, such as 2025-03-14.')
  }
  return text
}

function list(context: Context, _options: JsonOption): Promise<ExitCode> {
  return withHub(context, {}, async hub => {
    const items = await hub.feeds.list()
    context.output.answer({ is_on: hub.feeds.isOn, items }, () => describe(items, hub.feeds.isOn))
    return exitCodes.done
  })
}

function load(context: Context, kind: FeedKind, options: LoadOptions): Promise<ExitCode> {
  const { file, url, date: scoreOn, acceptShrunk, allowPrivate } = options
  if (file !== undefined && url !== undefined) {
    throw new ConfigError('bad_usage', 'Give either --file or --url, not both.')
  }
  return withHub(context, {}, async hub => {
    const choice = { kind, scoreOn, acceptShrunk }
    const result =
      file === undefined
        ? await hub.feeds.loadUrl(choice, { url, allowPrivate }, actor(), context.signal)
        : await hub.feeds.loadFile(choice, file, actor())
    context.output.answer(result, () => outcome(result))
    return exitCodes.done
  })
}

function cve(context: Context, wanted: string, { on }: CveOptions): Promise<ExitCode> {
  return withHub(context, {}, async hub => {
    const scores = await hub.feeds.cve(wanted, on)
    context.output.answer(scores, () => describeCve(scores))
    return exitCodes.done
  })
}

function describe(feeds: readonly FeedView[], isOn: boolean): string {
  const rows = table<FeedView>(
    [
      { title: 'Feed', value: row => row.kind.toUpperCase() },
      { title: 'Of', value: row => row.score_on ?? 'never loaded' },
      { title: 'Version', maxWidth: 24, value: row => row.version },
      { title: 'CVEs', align: 'right', value: row => count(row.entries) },
      { title: 'Days', align: 'right', value: row => count(row.days_loaded) },
      { title: 'From', maxWidth: 60, value: row => row.latest?.origin ?? null },
      { title: 'Looked', value: row => instant(row.checked_at) },
    ],
    feeds,
  )
  const faults = feeds.flatMap(feed =>
    feed.error_code === null
      ? []
      : [`${feed.kind.toUpperCase()}: ${plain(feed.error_message ?? '')} [${feed.error_code}]`],
  )
  const how = isOn
    ? 'A server fetches them by itself.'
    : 'Nothing fetches them: TENFOLD_FEEDS_ENABLED switches that on, "tenfold feeds load" loads one.'
  return [rows, '', ...faults, how].join('\n')
}

function outcome(result: FeedResult): string {
  const name = result.kind.toUpperCase()
  switch (result.outcome) {
    case 'not_modified':
      return `${name}: the address has nothing new.`
    case 'unchanged':
      return `${name} of ${result.score_on}: loaded already, nothing to do.`
    case 'superseded':
      return `${name} of ${result.score_on}: a later one of this day is loaded; nothing was taken.`
    default: {
      const changes = `${count(result.added ?? 0)} new, ${count(result.changed ?? 0)} changed, ${count(result.removed ?? 0)} gone`
      const where =
        result.outcome === 'history'
          ? 'a newer one is loaded, so it went into the history only'
          : `${counted(result.plugins_changed ?? 0, 'plugin')} with another score`
      return `${name} of ${result.score_on}: ${counted(result.entries ?? 0, 'CVE')}, ${changes}; ${where}.`
    }
  }
}

function describeCve({ cve: name, items, on }: CveScores): string {
  if (items.length === 0) return `On ${on} no feed named ${name}.`
  return table(
    [
      { title: 'Feed', value: row => row.kind.toUpperCase() },
      { title: 'From', value: row => row.valid_from },
      { title: 'Until', value: row => row.valid_to ?? 'now' },
      { title: 'EPSS', align: 'right', value: row => row.epss?.toFixed(5) },
      { title: 'Percentile', align: 'right', value: row => row.percentile?.toFixed(2) },
      { title: 'Added', value: row => row.added_on },
      { title: 'Due', value: row => row.due_on },
      {
        title: 'Ransomware',
        value: row => (row.is_ransomware === null ? null : row.is_ransomware ? 'known' : 'unknown'),
      },
    ],
    items,
  )
}
