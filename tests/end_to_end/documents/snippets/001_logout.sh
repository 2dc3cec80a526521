curl -X POST "https://api.example.com/api/v1/auth/logout" -H "Authorization: Bearer <token>"
