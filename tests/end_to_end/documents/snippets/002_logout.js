const response = await fetch('/api/v1/auth/logout', {
  method: 'POST',
  headers: {
    'Authorization': `Bearer ${token}`,
    'Accept': 'application/json'
  }
});

const data = await response.json();

if (data.error === 0) {
  // Eliminar token del almacenamiento local
  localStorage.removeItem('token');
  // Redirigir a login
  window.location.href = '/login';
} else {
  console.error('Error al cerrar sesión:', data.respuesta);
}
