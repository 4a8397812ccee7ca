import { spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const main = join(import.meta.dirname, '..', 'src', 'cli', 'main.ts')

/** A demonstration that runs, for scripts that look at it. */
export interface Demo {
  /** Signs one browser in, once. */
  readonly link: string
  stop(): Promise<void>
}

/** Starts a demonstration in a folder of its own and waits until everything is read. */
export async function runDemo(options: readonly string[] = []): Promise<Demo> {
  const dataDir = mkdtempSync(join(tmpdir(), 'tenfold-demo-'))
  // The bundled server may run as another user, who must be able to enter.
  chmodSync(dataDir, 0o755)
  const demo = spawn(process.execPath, [main, 'demo', '--port', '0', ...options], {
    env: { ...process.env, TENFOLD_DATA_DIR: dataDir },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise<number | null>(resolve => demo.once('close', resolve))
  const stop = async () => {
    demo.kill('SIGINT')
    await ended
    rmSync(dataDir, { recursive: true, force: true })
  }
  try {
    return { link: await signInLink(), stop }
  } catch (error) {
    await stop()
    throw error
  }

  function signInLink(): Promise<string> {
    return new Promise((resolve, reject) => {
      let said = ''
      demo.stdout.setEncoding('utf8').on('data', (text: string) => {
        said += text
        const found = /https?:\/\/\S+#\S+/.exec(said)?.[0]
        if (found) resolve(found)
      })
      void ended.then(code => reject(new Error(`The demonstration ended with code ${code}:\n${said}`)))
    })
  }
}
