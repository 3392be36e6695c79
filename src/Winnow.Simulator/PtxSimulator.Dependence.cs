using Winnow.Gpu;
using Winnow.Simulator.Execution;

namespace Winnow.Simulator;

/// <content>
/// Launches that may begin before the one before them has ended. It is written down who wrote what from the first kernel on that has a <c>griddepcontrol</c>, or
/// the first launch that is dependent; nothing else pays for it.
/// </content>
public sealed partial class PtxSimulator
{
    private bool _ordersLaunches;
    private int _orderedLaunches;

    /// <summary>The place of a launch among those of its stream; null where nobody asks.</summary>
    private LaunchOrder? OrderOf(StreamState stream, in LaunchShape shape)
    {
        _ordersLaunches |= shape.IsDependent;
        if (!_ordersLaunches || !_options.Checks)
        {
            return null;
        }

        (int generation, int number) = (_orderedLaunches / (LaunchOrder.Numbers - 1), (_orderedLaunches % (LaunchOrder.Numbers - 1)) + 1);
        _orderedLaunches++;
        _memory.RememberWriters(isNew: number == 1);
        LaunchOrder order = new((byte)number, generation, shape.IsDependent ? stream.Last : null);
        stream.Last = order;
        return order;
    }
}
