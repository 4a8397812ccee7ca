import { open } from 'node:fs/promises'

/** A file's name is on the disk, and outlives a power cut, only when its folder is. */
export async function flushFolder(folder: string): Promise<void> {
  // Windows opens no folders, and writes names through.
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
