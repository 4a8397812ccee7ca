#!/usr/bin/env node
import { start } from '../scripts/start.mjs'

await start({ file: 'src/cli/main.ts' }, process.argv.slice(2))
