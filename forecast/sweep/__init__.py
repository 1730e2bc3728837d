"""What-if at scale: compare two scenarios, remove one thing at a time, sweep levers and uncertainties, explain.

The functions people call are ``forecast.compare``, ``forecast.stress``, ``forecast.sweep``, ``forecast.sensitivity``,
``forecast.regret`` and ``forecast.value_of_information``. Nothing is imported here: a comparison needs neither Zarr
nor Dask nor SALib.

===========  =====================================================================================
inputs       scenarios, overrides, posteriors, numbers: checked
paired       several scenarios on the same luck, counted trial by trial
difference   estimates of differences, and how much luck the pairing cancels
compare      two scenarios; ``comparison`` holds the result
stress       one thing removed at a time
axes, design, plan   levers, uncertainties, the cells that follow from them
statistics   the numbers kept of a cell
cell         one cell, on any worker; ``executor`` hands cells to workers
labelled     the dataset of a sweep; ``failures`` lists what could not be played
blocks, store   chunks, and the Zarr store that an interrupted sweep goes on from
run          the sweep itself
explain, sensitivity, tornado   regret, value of information, Sobol indices, one field at a time
labels, words   what is prior-driven; tables and sentences
===========  =====================================================================================
"""
