"""``crossroads explore``: a model under one's fingers, on a page of this machine."""
