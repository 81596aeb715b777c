"""What stored results say: tables, claims, figures, pages, and aggregates to hand on."""
