import { openHub } from '../src/hub.ts'

// The API over one mirror, a process of its own: what asks it must not cost it time.

const hub = await openHub({ withEngine: false })
const { url } = await hub.startApi({ host: '127.0.0.1', port: 0 })
console.log(url)
process.on('SIGTERM', () => void hub.stop().then(() => process.exit(0)))
