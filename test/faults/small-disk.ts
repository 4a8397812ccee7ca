import { spawn } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Runs a program with a file system of its own of so many megabytes, which nobody else sees and which goes with it: in a
 * mount namespace, and for others than root in a user namespace of their own.
 * @throws with what the machine needs when it allows neither
 */
export async function runOnSmallDisk(sizeMb: number, program: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tenfold-small-'))
  await chmod(folder, 0o711)
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0]
  const mount = `mount -t tmpfs -o size=${sizeMb}m,mode=0711 tenfold-small "$1"`
  const run = 'exec "$2" --disable-warning=ExperimentalWarning "$3" "$1"'
  // Whoever made the namespace is root in it and would have PostgreSQL run as another user, who is not there.
  const asOurselves = `exec unshare --user --map-user=${uid} --map-group=${gid} sh -c '${run}' sh "$1" "$2" "$3"`
  const args =
    uid === 0
      ? ['--mount', 'sh', '-c', `${mount} && ${run}`]
      : ['--user', '--map-root-user', '--mount', 'sh', '-c', `${mount} && ${asOurselves}`]
  try {
    return await outputOf('unshare', [...args, 'sh', folder, process.execPath, program])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function outputOf(command: string, args: readonly string[]): Promise<string> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', data => {
    stdout += data
  })
  child.stderr.on('data', data => {
    stderr += data
  })
  const code = await new Promise<number>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', exit => resolve(exit ?? -1))
  })
  if (code === 0) return stdout
  throw new Error(
    'A small file system could not be mounted, or the program on it failed. This test needs root or unprivileged user ' +
      `namespaces (sysctl kernel.unprivileged_userns_clone=1, or docker run --privileged).\n${stderr}\n${stdout}`,
  )
}
