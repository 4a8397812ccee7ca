import { StoreError, type TenfoldError } from '../../platform/errors.ts'

/** Where a failure happened, for the sentence about it. */
export interface FailurePlace {
  readonly dataDir: string
  /** Where a person would read next, when the server got so far. */
  readonly logFolder?: string
}

/**
 * Turns what initdb, postgres or the file system said into an error with a remedy.
 * @param doing `create` or `start`: what was being tried
 * @param output the program's words, or a thrown error
 */
export function postgresFailure(doing: 'create' | 'start', output: unknown, place: FailurePlace): TenfoldError {
  const said = output instanceof Error ? output.message : String(output)
  const known = failures.find(({ pattern }) => pattern.test(said))
  const context = { data_dir: place.dataDir }
  const options = output instanceof Error ? { cause: output, context } : { context }
  if (known !== undefined) return new StoreError(known.code, known.text(place), options)
  const log = place.logFolder === undefined ? '' : ` Its log is in ${place.logFolder}.`
  return new StoreError(
    `postgres_${doing}_failed`,
    `The bundled PostgreSQL could not ${doing === 'create' ? 'create its data' : 'start'} in ${place.dataDir}: ` +
      `${lastWords(said)}${log} Put that right, or set DATABASE_URL to use another PostgreSQL server.`,
    options,
  )
}

/** Whether processes of a server that was killed still work on its data: it is worth waiting for them to end. */
export const isStillInUse = (output: string): boolean => /pre-existing shared memory block/.test(output)

/** Whether another server was quicker. */
export const isAlreadyRunning = (output: string): boolean => /lock file "[^"]*" already exists/.test(output)

/** Whether the C library of this system has no such locale. */
export const isUnknownLocale = (output: string): boolean => /invalid locale (name|settings)/.test(output)

const failures: readonly { code: string; pattern: RegExp; text: (place: FailurePlace) => string }[] = [
  {
    code: 'disk_full',
    pattern: /No space left on device|ENOSPC|Disk quota exceeded|EDQUOT|disk is full/i,
    text: ({ dataDir }) =>
      `The disk that holds ${dataDir} is full, so the bundled PostgreSQL cannot work. Free some space, or set ` +
      'TENFOLD_DATA_DIR to a folder on a larger disk.',
  },
  {
    code: 'data_version',
    pattern: /database files are incompatible with server|was initialized by PostgreSQL version/,
    text: ({ dataDir }) =>
      `The PostgreSQL data in ${dataDir} was written by another version of PostgreSQL. Set DATABASE_URL to a server of ` +
      'that version, or set TENFOLD_DATA_DIR to an empty folder to start afresh.',
  },
  {
    code: 'out_of_memory',
    pattern: /could not (create|map) (anonymous )?shared memory|Cannot allocate memory|out of memory/i,
    text: ({ dataDir }) =>
      `There is not enough free memory to start the bundled PostgreSQL for ${dataDir}. Free some, or lower ` +
      `shared_buffers in ${dataDir}/postgres/local.conf.`,
  },
  {
    code: 'data_in_use',
    pattern: /pre-existing shared memory block|lock file "[^"]*" already exists/,
    text: ({ dataDir }) =>
      `Processes of a PostgreSQL server that was killed still work on ${dataDir}. Wait until they end, or end the ` +
      '"postgres:" processes yourself, and start again.',
  },
  {
    code: 'data_permissions',
    pattern: /has invalid permissions|has wrong ownership/,
    text: ({ dataDir }) =>
      `${dataDir}/postgres must belong to the user that runs PostgreSQL, with mode 0700, and does not. Correct it with ` +
      'chown and chmod, or, when that disk knows no owners, set TENFOLD_DATA_DIR to a folder on another one.',
  },
]

const levels = /\b(FATAL|PANIC|ERROR|HINT|DETAIL|LOG|error|hint|detail): +/

/** The lines that say why, without the time stamps and the chatter around them. */
function lastWords(output: string): string {
  const lines = output.split('\n').map(line => line.trim())
  const telling = lines.filter(line => levels.test(line) && !/ LOG: /.test(line))
  // A wrong setting is named in a mere LOG line, and only counted in the fatal one.
  const settings = lines.filter(line => / LOG: +(invalid|unrecognized|syntax error|parameter)/.test(line))
  const kept = telling.length > 0 ? [...settings, ...telling] : lines.filter(line => line !== '')
  const plain = kept.slice(-4).map(line => line.slice(levels.exec(line)?.index ?? 0).replace(levels, ''))
  return plain.length > 0 ? plain.map(line => line.replace(/\.?$/, '.')).join(' ') : 'it ended without a word.'
}
