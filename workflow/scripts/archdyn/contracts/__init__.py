"""What files must hold, checked where a job reads them."""
