/* Convolution: acc = bias + sum (src - z) * weight over the taps inside the source, four output channels at a time.
   Weights lie as (groups, blocks of 4 output channels, kernel_h, kernel_w, in / groups, 4); the last block of a group is filled up with
   zeros. The bias has -z * (sum of all weights) in it, so the inner loops multiply bare codes; taps in the padding add z * weight. */
typedef struct {
  galet_window_shape shape;
  int32_t groups, src_zero_point;
  const int32_t* bias; /* per output channel */
  galet_finish finish;
  int32_t other_step;
} galet_conv;
