import { createReadStream, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createGunzip } from 'node:zlib'

// A raw limit: the findings of an estate unpacked and thrown away.

const folder = process.argv[2] ?? ''
const from = performance.now()
let bytes = 0
for (const file of readdirSync(folder).filter(name => name.startsWith('findings-'))) {
  for await (const block of createReadStream(join(folder, file)).pipe(createGunzip())) bytes += (block as Buffer).length
}
console.log(JSON.stringify({ bytes, seconds: (performance.now() - from) / 1000 }))
