/** closeMenus closes every open <details class="menu"> when a press lands outside it, as people expect of a menu. */
export function closeMenus() {
  document.addEventListener('pointerdown', (e) => {
    for (const menu of document.querySelectorAll<HTMLDetailsElement>('details.menu[open]'))
      if (!menu.contains(e.target as Node)) menu.open = false
  })
}
