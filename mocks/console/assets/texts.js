// What the page says, in English and Spanish.
const TEXTS = {
  en: {
    operations: "Operations", log: "Requests", operation: "Operation", search: "Search by path, name or tag",
    filter: "Filter by path, status or reason", forget: "Forget all", har: "As HAR", more: "Show more", close: "Close",
    nothing: "No request so far. Send one, and it appears here.", choose: "Choose an operation to see and set its answers.",
    docs: "Document", api: "API", other: "Español", views: "What is shown",
    live: "live: {last} requests, {kept} kept", lost: "no connection to the mock", operationsCount: "{count} operations",
    matches: "{count} match; the first {shown} are shown", none: "Nothing matches.", untagged: "without a tag",
    deprecated: "deprecated", problems: "{count} problems", problemsHeading: "Problems of the document", noProblems: "No problems",
    state: "State:", reset: "Begin anew", download: "Download", resetDone: "The state begins anew.",
    scenario: "Scenario:", noScenario: "none", beginScenario: "From its beginning", scenarioDone: "The scenario begins.",
    answers: "Answers", always: "From now on", once: "Once", setNow: "Set now", clear: "Let the mock choose",
    always_label: "{what}: answer this from now on", once_label: "{what}: answer this once",
    left: "{times} times", leftOnce: "once", forever: "from now on", ownBody: "own body",
    session: "Only requests with this Mock-Session", delay: "Delay, as 200ms or 1s..3s", fault: "Fault", noFault: "none",
    onlyDelay: "Set delay and fault alone", done: "Set.",
    own: "An answer of your own", status: "Status", doneBroken: "Set, though it breaks the document: {what}", cleared: "The mock chooses again.", forgotten: "Forgotten.",
    request: "Send a request", target: "Path and query", headers: "Header fields, one a line", body: "Body", send: "Send",
    answered: "Answered {status}", failed: "No answer: {reason}", refused: "Not possible: {reason}",
    requestHeading: "Request", answerHeading: "Answer", why: "Why this answer", broken: "What the request breaks",
    notBroken: "The request breaks nothing in the document.", unknown: "The document has no operation for it.",
    cut: "(only the beginning is kept, of {size} bytes)", noBody: "no body", again: "Send again", expect: "Expect this next time",
    curl: "The same with curl", copy: "Copy", copied: "Copied.", expected: "The next one gets this answer.",
    show: "Show the operation", sessionShown: "session {session}", gone: "This request is not kept any more.",
  },
  es: {
    operations: "Operaciones", log: "Peticiones", operation: "Operación", search: "Buscar por ruta, nombre o etiqueta",
    filter: "Filtrar por ruta, estado o motivo", forget: "Olvidar todas", har: "Como HAR", more: "Mostrar más", close: "Cerrar",
    nothing: "Aún no hay peticiones. Envíe una y aparecerá aquí.", choose: "Elija una operación para ver y fijar sus respuestas.",
    docs: "Documento", api: "API", other: "English", views: "Qué se muestra",
    live: "en directo: {last} peticiones, {kept} guardadas", lost: "sin conexión con el mock", operationsCount: "{count} operaciones",
    matches: "{count} coinciden; se muestran las primeras {shown}", none: "Nada coincide.", untagged: "sin etiqueta",
    deprecated: "obsoleta", problems: "{count} problemas", problemsHeading: "Problemas del documento", noProblems: "Sin problemas",
    state: "Estado:", reset: "Empezar de nuevo", download: "Descargar", resetDone: "El estado empieza de nuevo.",
    scenario: "Escenario:", noScenario: "ninguno", beginScenario: "Desde el principio", scenarioDone: "El escenario empieza.",
    answers: "Respuestas", always: "Desde ahora", once: "Una vez", setNow: "Fijado ahora", clear: "Que elija el mock",
    always_label: "{what}: responder esto desde ahora", once_label: "{what}: responder esto una vez",
    left: "{times} veces", leftOnce: "una vez", forever: "desde ahora", ownBody: "cuerpo propio",
    session: "Solo peticiones con este Mock-Session", delay: "Retraso, como 200ms o 1s..3s", fault: "Fallo", noFault: "ninguno",
    onlyDelay: "Fijar solo retraso y fallo", done: "Fijado.",
    own: "Una respuesta propia", status: "Estado", doneBroken: "Fijado, aunque incumple el documento: {what}", cleared: "El mock vuelve a elegir.", forgotten: "Olvidadas.",
    request: "Enviar una petición", target: "Ruta y consulta", headers: "Campos de cabecera, uno por línea", body: "Cuerpo", send: "Enviar",
    answered: "Respondió {status}", failed: "Sin respuesta: {reason}", refused: "No es posible: {reason}",
    requestHeading: "Petición", answerHeading: "Respuesta", why: "Por qué esta respuesta", broken: "Qué incumple la petición",
    notBroken: "La petición no incumple nada del documento.", unknown: "El documento no tiene una operación para ella.",
    cut: "(solo se guarda el comienzo, de {size} bytes)", noBody: "sin cuerpo", again: "Enviar otra vez", expect: "Esperar esto la próxima vez",
    curl: "Lo mismo con curl", copy: "Copiar", copied: "Copiado.", expected: "La próxima recibe esta respuesta.",
    show: "Mostrar la operación", sessionShown: "sesión {session}", gone: "Esta petición ya no se guarda.",
  },
};
const KEY = "cierre-mock-language";

function chosen() {
  try {
    const kept = localStorage.getItem(KEY);
    return kept in TEXTS ? kept : null;
  } catch {
    return null;
  }
}

export function begin() {
  document.documentElement.lang = chosen() ?? document.documentElement.lang;
  write();
}

export function switchLanguage() {
  const language = document.documentElement.lang === "es" ? "en" : "es";
  document.documentElement.lang = language;
  try {
    localStorage.setItem(KEY, language);
  } catch {
    // A browser that keeps nothing asks again next time.
  }
  write();
}

function write() {
  for (const element of document.querySelectorAll("[data-t]")) element.textContent = t(element.dataset.t);
  for (const element of document.querySelectorAll("[data-label]")) element.setAttribute("aria-label", t(element.dataset.label));
}

/** The text of a key in the page's language, with its {names} filled in. */
export function t(key, values = {}) {
  const text = (TEXTS[document.documentElement.lang] ?? TEXTS.en)[key];
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}
