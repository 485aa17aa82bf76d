/** The button that copies the address of this room, and says that it did. */
import type { Page } from './page.ts'

/** How long the button says so. */
const copiedMs = 2_000

export function bindCopyLink(page: Page, announce: (text: string) => void): void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const copied = (): void => {
    clearTimeout(timer)
    page.copyLink.dataset['copied'] = ''
    announce('Link copied')
    timer = setTimeout(() => delete page.copyLink.dataset['copied'], copiedMs)
  }
  page.copyLink.addEventListener('click', () => {
    const { href } = location
    copyText(href).then(copied, () => {
      // No clipboard, as on a page served without TLS in a local network: let the user take it by hand.
      window.prompt('Copy this link:', href)
    })
  })
}

async function copyText(text: string): Promise<void> {
  await navigator.clipboard.writeText(text)
}
