namespace Winnow.Kernels.Reduction;

/// <summary>The sizes of a selection.</summary>
/// <param name="Rows">Rows of scores.</param>
/// <param name="Entries">Entries of a row.</param>
/// <param name="Capacity">Entries of a row of the result.</param>
/// <param name="WantedStride">From one row's number to the next: 0 where all rows share one.</param>
/// <param name="First">How many of a row's first entries are protected.</param>
/// <param name="Last">How many of a row's last entries are protected.</param>
internal readonly record struct SelectProblem(int Rows, int Entries, int Capacity, int WantedStride, int First, int Last);
