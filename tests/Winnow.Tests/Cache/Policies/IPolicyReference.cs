using System.Collections.Generic;

namespace Winnow.Tests.Cache.Policies;

/// <summary>A policy once more, in double precision and straight from its rule. It shares no code with the policy; what it notes about a sequence it notes itself.</summary>
internal interface IPolicyReference
{
    /// <summary>Looks at a step: called after each, also where nothing is evicted.</summary>
    void Observe(PolicyView view)
    {
    }

    /// <summary>Decides for each row; called where some layer holds more than it may.</summary>
    IReadOnlyList<RowDecision> Decide(PolicyView view);

    /// <summary>What the rows of a layer may hold, on average.</summary>
    int SlotsOf(PolicyView view, int layer) => view.Slots;
}
