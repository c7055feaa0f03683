"""What `rxvlm.AsyncVideoProcessor` is made of, from the frames pushed to the results taken."""
