"""The kernels' loop as a plain C program, fed by a dump of the packed arrays: same codes, and how fast C is."""
