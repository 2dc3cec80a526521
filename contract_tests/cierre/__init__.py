"""What is tested where the server implements Cierre's own contract."""
