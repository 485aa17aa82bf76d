/** Who is here, as a row of avatars; and our own avatar, the button to change how others see us. */
import type { Awareness } from 'syncline'
import { inkOn } from './colour.ts'
import { initials, type Identity } from './identity.ts'
import type { Page } from './page.ts'
import { onPeers, readPeers, type Peer } from './presence.ts'

/** Avatars shown; the others are a number. On a phone the style sheet shows fewer. */
const avatarsMax = 4

/** Keeps the list true until its undo is called. */
export function showPeers(page: Page, awareness: Awareness): () => void {
  const render = (): void => {
    const peers = readPeers(awareness.getStates(), awareness.clientID)
    page.peers.dataset['count'] = String(peers.length)
    page.peers.replaceChildren(...peers.slice(0, avatarsMax).map(peerAvatar), ...rest(peers.slice(avatarsMax)))
  }
  render()
  const undo = onPeers(awareness, render)
  return () => {
    undo()
    page.peers.replaceChildren()
  }
}

/** Our own avatar. */
export function showIdentity(page: Page, identity: Identity): void {
  paint(page.identityButton, identity)
  page.identityButton.textContent = initials(identity.name)
  page.identityButton.setAttribute('aria-label', `You are ${identity.name}. Change name and colour`)
  page.identityButton.title = identity.name
}

function peerAvatar(peer: Peer): HTMLElement {
  const item = document.createElement('li')
  item.className = 'avatar'
  item.dataset['testid'] = 'peer'
  item.title = peer.name
  paint(item, peer)
  item.append(hidden(initials(peer.name)), spoken(peer.name))
  return item
}

function rest(peers: readonly Peer[]): HTMLElement[] {
  if (peers.length === 0) return []
  const item = document.createElement('li')
  item.className = 'avatar more'
  item.title = peers.map(({ name }) => name).join(', ')
  item.append(hidden(`+${peers.length}`), spoken(`and ${peers.length} more`))
  return [item]
}

function paint(element: HTMLElement, { colour }: Identity): void {
  element.style.setProperty('--peer', colour)
  element.style.setProperty('--peer-ink', inkOn(colour))
}

/** For the eye alone. */
function hidden(text: string): HTMLElement {
  const element = document.createElement('span')
  element.setAttribute('aria-hidden', 'true')
  element.textContent = text
  return element
}

/** For screen readers alone. */
function spoken(text: string): HTMLElement {
  const element = document.createElement('span')
  element.className = 'visually-hidden'
  element.textContent = text
  return element
}
