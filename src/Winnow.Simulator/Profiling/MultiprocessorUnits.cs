using System;

namespace Winnow.Simulator.Profiling;

/// <summary>
/// The units of a multiprocessor while the blocks of a turn share it. Warps are simulated in no order of time, so nobody queues: each gets the first time that is left
/// when it comes.
/// </summary>
/// <param name="table">What there is of them.</param>
internal sealed class MultiprocessorUnits(UnitTable table)
{
    private const int Schedulers = 4;

    private readonly SlotCalendar[] _issue = Of(1);
    private readonly SlotCalendar[] _integer = Of(table.Integer);
    private readonly SlotCalendar[] _multiply = Of(table.Multiply);
    private readonly SlotCalendar[] _special = Of(table.Special);
    private readonly SlotCalendar[] _shuffle = Of(table.Shuffle);
    private readonly SlotCalendar[] _tensor = Of(1);
    private readonly SlotCalendar _shared = new(1);

    /// <summary>Begins with other blocks.</summary>
    public void Clear()
    {
        foreach (SlotCalendar[] units in (ReadOnlySpan<SlotCalendar[]>)[_issue, _integer, _multiply, _special, _shuffle, _tensor])
        {
            Array.ForEach(units, static unit => unit.Clear());
        }

        _shared.Clear();
    }

    /// <summary>Issues an instruction.</summary>
    /// <param name="warp">The number of the warp in its block, by which it has its scheduler.</param>
    /// <param name="from">When it could begin if it were alone.</param>
    /// <param name="slots">How many clocks it takes; not 0.</param>
    /// <returns>The clocks that it waits.</returns>
    public int Issue(int warp, long from, int slots) => (int)_issue[warp % Schedulers].Take(from, slots) - (slots - 1);

    /// <summary>Takes the unit of an instruction, and the shared memory that a product reads.</summary>
    /// <param name="warp">The number of the warp in its block.</param>
    /// <param name="from">When it begins.</param>
    /// <param name="use">What it takes.</param>
    /// <returns>The clocks by which its results are late.</returns>
    public int Compute(int warp, long from, in UnitUse use)
    {
        int scheduler = warp % Schedulers;
        return use.Kind switch
        {
            UnitKind.Integer => (int)_integer[scheduler].Take(from, use.Count) - ((use.Count - 1) * table.Integer),
            UnitKind.Multiply => (int)_multiply[scheduler].Take(from, 1),
            UnitKind.Special => (int)_special[scheduler].Take(from, 1),
            UnitKind.Shuffle => (int)_shuffle[scheduler].Take(from, 1),
            UnitKind.Tensor when use.Flops > 0 => Multiply(scheduler, from, use),
            _ => 0,
        };
    }

    /// <summary>Moves bytes to or from shared memory. What bulk copies write there is not counted: measured products reach rates at which it could not be.</summary>
    /// <param name="from">When that begins.</param>
    /// <param name="passes">In how many clocks, if nobody else did.</param>
    /// <returns>The clocks by which it is late.</returns>
    public int Share(long from, int passes) => (int)_shared.Take(from, passes) - (passes - 1);

    private int Multiply(int scheduler, long from, in UnitUse use)
    {
        int rate = use.IsOfGroup ? table.GroupFlops : table.WarpFlops;
        int clocks = Math.Max(1, (use.Flops + rate - 1) / rate);
        int late = (int)_tensor[scheduler].Take(from, clocks) - (clocks - 1);
        return use.IsOfGroup ? Math.Max(late, Share(from, Math.Max(1, use.SharedBytes / table.SharedWidth))) : late;
    }

    private static SlotCalendar[] Of(int clocks) => [new(clocks), new(clocks), new(clocks), new(clocks)];
}
