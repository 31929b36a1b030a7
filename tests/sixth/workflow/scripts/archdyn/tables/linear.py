"""The table of the sixth experiment."""

COLUMNS = {  # heading: metric, digits
    "error ↓": ("test_error", 2),
    "error of PCA": ("pca_error", 2),
    "ratio": ("error_ratio", 3),
}
