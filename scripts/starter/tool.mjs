import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { StartError } from './fault.mjs'

/**
 * The JavaScript file behind an installed tool. Read from the lockfile, because `node_modules/.bin` holds a shell script
 * instead of a link on Windows.
 * @param {string} root the checkout
 * @param {string} name as in `node_modules/.bin`
 */
export function findTool(root, name) {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
  for (const [folder, entry] of Object.entries(packages)) {
    // A package in a folder of the checkout is described under that folder.
    const file = (entry.link ? packages[entry.resolved] : entry)?.bin?.[name]
    if (file !== undefined && /^node_modules\/(@[^/]+\/)?[^/]+$/.test(folder)) return join(root, folder, file)
  }
  throw new StartError(`No installed tool is called "${name}"; "npm ls" lists the packages, package.json names them.`)
}
