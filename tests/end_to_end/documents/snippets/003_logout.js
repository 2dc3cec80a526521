// Logout simple
async function logout() {
  try {
    const response = await fetch('/api/v1/auth/logout', {
      method: 'POST',
      headers: {
        'Authorization': `Bearer ${localStorage.getItem('accessToken')}`,
        'Content-Type': 'application/json'
      }
    });
    
    if (response.ok) {
      // Limpiar localStorage
      localStorage.removeItem('accessToken');
      localStorage.removeItem('refreshToken');
      localStorage.removeItem('deviceId');
      
      // Redirect a login
      window.location.href = '/login';
    }
  } catch (error) {
    console.error('Error during logout:', error);
  }
}

// Logout global (cerrar todas las sesiones)
async function logoutAll() {
  try {
    const response = await fetch('/api/v1/auth/logout', {
      method: 'POST',
      headers: {
        'Authorization': `Bearer ${localStorage.getItem('accessToken')}`,
        'Content-Type': 'application/json'
      },
      body: JSON.stringify({ logoutAll: true })
    });
    
    if (response.ok) {
      const result = await response.json();
      alert(`Cerraste ${result.data.logout.sessionsClosed} sesiones activas`);
      
      // Limpiar y redirect
      localStorage.clear();
      window.location.href = '/login';
    }
  } catch (error) {
    console.error('Error during global logout:', error);
  }
}
