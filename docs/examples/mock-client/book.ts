// What a page does when somebody clicks "Book". Returns what to show.
export async function book(base: string, seats: number, headers: Record<string, string> = {}) {
  const answer = await fetch(`${base}/bookings`, {
    method: "POST",
    headers: { "Content-Type": "application/json", ...headers },
    body: JSON.stringify({ seats }),
  });
  if (answer.status === 409) return "taken";
  if (!answer.ok) throw new Error(String(answer.status));
  return "booked";
}
