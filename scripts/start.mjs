#!/usr/bin/env node
// Plain JavaScript on built-ins only: this is what runs before anything is installed, on any Node from 20.19 up.
//
//   node scripts/start.mjs <file.ts> [args…]       runs a TypeScript file of this checkout
//   node scripts/start.mjs --bin <name> [args…]    runs an installed tool
import { existsSync, realpathSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensureInstalled } from './starter/install.mjs'
import { findNode, isNodeRecentEnough } from './starter/node.mjs'
import { putToolsFirst, quietWarnings, runChild, runHere } from './starter/run.mjs'
import { findTool } from './starter/tool.mjs'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')

/**
 * Brings the checkout up to date, then runs the target under Node 24 or later. Resolves when the target has been handed
 * over; a fault of the starter itself is one line on standard error and exit code 2.
 * @param {{ file: string } | { tool: string }} target a TypeScript file, relative to the checkout, or an installed tool
 * @param {string[]} args what the target gets, untouched
 */
export async function start(target, args) {
  try {
    await ensureInstalled(root)
    putToolsFirst(root)
    if ('tool' in target) return runChild(findNode(root), [findTool(root, target.tool), ...args])
    const file = resolve(root, target.file)
    if (!isNodeRecentEnough()) return runChild(findNode(root), [fileURLToPath(import.meta.url), file, ...args])
    quietWarnings()
    await runHere(file, args)
  } catch (fault) {
    if (!(fault instanceof Error) || fault.name !== 'StartError') throw fault
    process.stderr.write(`tenfold: ${fault.message}\n`)
    process.exitCode = 2
  }
}

function isMain() {
  const script = process.argv[1]
  return script !== undefined && existsSync(script) && realpathSync(script) === fileURLToPath(import.meta.url)
}

if (isMain()) {
  const [first, ...rest] = process.argv.slice(2)
  if (first === undefined || (first === '--bin' && rest[0] === undefined)) {
    process.stderr.write(
      'usage: node scripts/start.mjs <file.ts> [args…]\n       node scripts/start.mjs --bin <name> [args…]\n',
    )
    process.exitCode = 2
  } else if (first === '--bin') {
    await start({ tool: rest[0] }, rest.slice(1))
  } else {
    await start({ file: resolve(first) }, rest)
  }
}
