/** The word that was probably meant, if one is close. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const atMost = word.length <= 4 ? 1 : 2
  const ranked = known
    .map(candidate => ({
      candidate,
      distance: candidate.startsWith(word) && word.length >= 3 ? 0 : distance(word, candidate),
    }))
    .sort((a, b) => a.distance - b.distance)
  const best = ranked[0]
  return best && best.distance <= atMost ? best.candidate : undefined
}

/** How many letters must be added, removed or changed. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
