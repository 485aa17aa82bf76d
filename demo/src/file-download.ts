/** Hands text to the user as a file. */

export function downloadFile(fileName: string, content: string, type: string): void {
  const url = URL.createObjectURL(new Blob([content], { type }))
  const link = document.createElement('a')
  link.href = url
  link.download = fileName
  link.click()
  // The download has its own hold on the text once the click was dispatched.
  URL.revokeObjectURL(url)
}

/** A room's name as the stem of a file's name: no path, nothing that a file system refuses. */
export function fileStem(room: string): string {
  return (
    room
      .replaceAll(/[^\p{L}\p{N}._-]+/gu, '-')
      .replaceAll(/^[-.]+|[-.]+$/g, '')
      .slice(0, 80) || 'document'
  )
}
