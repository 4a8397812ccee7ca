import { statfsSync } from 'node:fs'
import { join } from 'node:path'
import type { Binaries } from './binaries.ts'
import type { DataFolder } from './data-folder.ts'
import { type Host, isWindows } from './host.ts'
import { writeOwned } from './owned-file.ts'
import { run } from './run.ts'

/** Writes `tenfold.conf`, which postgresql.conf includes. */
export async function writeSettings(place: DataFolder, binaries: Binaries, host: Host): Promise<void> {
  // The server refuses a value it was not built for, so asking is the way to know.
  const asking = ['-D', place.cluster, '-c', 'wal_compression=lz4', '-C', 'wal_compression']
  const hasLz4 = (await run(binaries.postgres, asking, { user: place.user })).ok
  const text = serverSettings({ memoryBytes: host.memoryBytes, sharedMemory: sharedMemory(host), hasLz4 })
  await writeOwned(place.user, join(place.cluster, 'tenfold.conf'), text)
}

export interface SettingsFor {
  /** What the server may count with. */
  readonly memoryBytes: number
  /** Where parallel queries share memory: POSIX shared memory is a small file system in many containers. */
  readonly sharedMemory: 'posix' | 'sysv' | 'windows'
  /** Whether the server was built with LZ4. */
  readonly hasLz4: boolean
}

/** The text of it: one machine, one application, loads of millions of rows beside small page reads. */
export function serverSettings({ memoryBytes, sharedMemory, hasLz4 }: SettingsFor): string {
  const memory = Math.floor(memoryBytes / megabyte)
  const sharedBuffers = Math.min(512, Math.max(256, Math.floor(memory / 16)), Math.max(32, Math.floor(memory / 4)))
  const lines: readonly (readonly [name: string, value: string, why?: string])[] = [
    ['cluster_name', 'tenfold'],
    ['max_connections', '100'],
    ['password_encryption', 'scram-sha-256'],
    ['ssl', 'off'],
    ['timezone', 'UTC'],

    ['shared_buffers', `${sharedBuffers}MB`, 'the rest of the memory caches files all the same'],
    ['effective_cache_size', `${Math.max(128, Math.floor(memory / 2))}MB`],
    ['work_mem', '32MB'],
    ['maintenance_work_mem', `${Math.min(256, Math.max(64, Math.floor(memory / 8)))}MB`],
    ['huge_pages', 'off', 'a container that may not use them is killed at the first touch'],
    ['dynamic_shared_memory_type', sharedMemory],

    ['wal_level', 'minimal', 'nobody follows this server, and building an index then writes no log'],
    ['max_wal_senders', '0'],
    ['max_wal_size', '4GB', 'a first load is one long burst of writes'],
    ['checkpoint_timeout', '15min'],
    ['wal_compression', hasLz4 ? 'lz4' : 'off', 'pglz costs more processor time than the disk gives back'],
    ['default_toast_compression', hasLz4 ? 'lz4' : 'pglz'],

    ['random_page_cost', '1.1', 'no disk of today turns'],
    ['jit', 'off', 'no query here earns its compile time'],
    ['max_locks_per_transaction', '256', 'partitions count one by one'],

    ['autovacuum_vacuum_scale_factor', '0.05', 'a fifth of ten million rows is too late'],
    ['autovacuum_vacuum_insert_scale_factor', '0.1'],
    ['autovacuum_analyze_scale_factor', '0.02'],
    ['autovacuum_vacuum_cost_limit', '1000'],

    ['logging_collector', 'on'],
    ['log_directory', 'log'],
    ['log_filename', 'postgres-%a.log', 'seven files, each overwritten after a week'],
    ['log_truncate_on_rotation', 'on'],
    ['log_rotation_age', '1d'],
    ['log_rotation_size', '0'],
    ['log_file_mode', '0600'],
    ['log_timezone', 'UTC'],
    ['log_line_prefix', '%m [%p] %u@%d %a '],
    ['log_lock_waits', 'on'],
    ['log_parameter_max_length', '0', 'values of queries may be secrets'],
    ['log_parameter_max_length_on_error', '0'],
  ]
  const text = lines.map(([name, value, why]) => `${name} = '${value}'${why === undefined ? '' : `  # ${why}`}`)
  return `# Written by Tenfold at each start. Your own settings go into local.conf beside it, which is read later.\n${text.join('\n')}\n`
}

const megabyte = 1024 * 1024

function sharedMemory(host: Host): SettingsFor['sharedMemory'] {
  if (isWindows(host)) return 'windows'
  if (host.platform !== 'linux') return 'posix'
  try {
    const { bsize, blocks } = statfsSync('/dev/shm')
    // Containers get 64 MB by default, which one parallel query can fill.
    return bsize * blocks >= 512 * megabyte ? 'posix' : 'sysv'
  } catch {
    return 'sysv'
  }
}
