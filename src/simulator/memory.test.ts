import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, test } from 'vitest'

interface Address {
  readonly url: string
  readonly accessKey: string
  readonly secretKey: string
}

async function startAlone(options: object): Promise<{ child: ChildProcess; address: Address }> {
  const child = fork(join(import.meta.dirname, 'standalone.ts'), [JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    execArgv: [],
  })
  let text = ''
  for await (const part of child.stdout as AsyncIterable<Buffer>) {
    text += part.toString()
    if (text.includes('\n')) break
  }
  return { child, address: JSON.parse(text) as Address }
}

async function rssMegabytes(child: ChildProcess): Promise<number> {
  child.send('rss')
  const [message] = (await once(child, 'message')) as [{ rssBytes: number }]
  return message.rssBytes / 1_000_000
}

test('a million findings are served in memory that stays below 300 MB and does not grow', {
  timeout: 60_000,
}, async () => {
  const { child, address } = await startAlone({
    findings: 1_000_000,
    jobPace: { queuedPolls: 0, chunksPerPoll: 1_000_000 },
  })
  try {
    const headers = {
      'x-apikeys': `accessKey=${address.accessKey};secretKey=${address.secretKey}`,
      'accept-encoding': 'identity',
    }
    const body = JSON.stringify({
      num_assets: 100,
      include_unlicensed: true,
      filters: { since: 1, state: ['OPEN', 'REOPENED', 'FIXED'] },
    })
    const created = await fetch(`${address.url}/vulns/export`, { method: 'POST', headers, body })
    const { export_uuid } = (await created.json()) as { export_uuid: string }
    const status = await fetch(`${address.url}/vulns/export/${export_uuid}/status`, { headers })
    const { chunks_available: chunks } = (await status.json()) as { chunks_available: number[] }
    expect(chunks.length).toBeGreaterThan(200)
    const read = async (count: number) => {
      let bytes = 0
      for (const chunk of chunks.splice(0, count)) {
        const response = await fetch(`${address.url}/vulns/export/${export_uuid}/chunks/${chunk}`, { headers })
        for await (const part of response.body!) bytes += part.length
      }
      return bytes
    }
    expect(await read(12)).toBeGreaterThan(150_000_000)
    const early = await rssMegabytes(child)
    await read(12)
    const late = await rssMegabytes(child)
    expect(late).toBeLessThan(300)
    expect(late - early).toBeLessThan(40)
  } finally {
    child.disconnect()
  }
})
