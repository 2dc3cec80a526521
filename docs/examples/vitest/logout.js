// What a page does when somebody clicks "Cerrar sesión". Returns where to go, or throws what to show.
export async function logout(base, token, { everywhere = false, ...more } = {}) {
  const answer = await fetch(`${base}/api/v1/auth/logout`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json', ...more.headers },
    body: JSON.stringify({ logoutAll: everywhere }),
  })
  // The session is gone already: to the person that is no failure.
  if (answer.ok || answer.status === 401 || answer.status === 404) return '/login'
  if (answer.status === 429) throw new Error(`Intente de nuevo en ${answer.headers.get('retry-after')} s`)
  throw new Error((await answer.json()).message)
}
