using System.Collections.Generic;
using System.Linq;
using Winnow.Kernels.Attention;
using Winnow.Kernels.Cache;

namespace Winnow.Cache;

/// <summary>From names of planes to what fills them.</summary>
internal static class SignalPlanes
{
    /// <summary>Whether attention fills any of these planes.</summary>
    public static bool Any(IReadOnlyList<string> planes) => Of(planes) != SignalKinds.None;

    /// <summary>Which signals attention has to give for these planes.</summary>
    public static SignalKinds Of(IReadOnlyList<string> planes)
    {
        SignalKinds kinds = SignalKinds.None;
        foreach (string plane in planes)
        {
            kinds |= plane switch
            {
                SlotPlanes.ColumnMass => SignalKinds.ColumnMass,
                SlotPlanes.WindowMass => SignalKinds.WindowMass,
                SlotPlanes.LastRow => SignalKinds.LastRow,
                SlotPlanes.ColumnMaximum => SignalKinds.ColumnMaximum,
                SlotPlanes.Hits => SignalKinds.Hits,
                _ => SlotPlanes.BlockHistory.Contains(plane) ? SignalKinds.BlockHistory : SignalKinds.None,
            };
        }

        return kinds;
    }

    /// <summary>The planes of a cache as attention takes them.</summary>
    public static AttentionSignals SignalsOf(KvCache cache, SignalKinds kinds, int windowTokens, float hitThreshold)
    {
        Kernels.Tensor Plane(SignalKinds kind, string name) => (kinds & kind) != 0 ? cache.Attribute(name) : default;
        return kinds == SignalKinds.None ? default : new AttentionSignals
        {
            ColumnMass = Plane(SignalKinds.ColumnMass, SlotPlanes.ColumnMass),
            WindowMass = Plane(SignalKinds.WindowMass, SlotPlanes.WindowMass),
            WindowTokens = (kinds & SignalKinds.WindowMass) != 0 ? windowTokens : 0,
            LastRow = Plane(SignalKinds.LastRow, SlotPlanes.LastRow),
            ColumnMaximum = Plane(SignalKinds.ColumnMaximum, SlotPlanes.ColumnMaximum),
            Hits = Plane(SignalKinds.Hits, SlotPlanes.Hits),
            HitThreshold = hitThreshold,
            BlockHistory = (kinds & SignalKinds.BlockHistory) != 0 ? cache.BlockHistory : default,
        };
    }

    /// <summary>The planes that an append fills.</summary>
    public static SlotNorms NormsOf(IReadOnlyList<string> planes)
    {
        int? Index(string name)
        {
            for (int i = 0; i < planes.Count; i++)
            {
                if (planes[i] == name)
                {
                    return i;
                }
            }

            return null;
        }

        return new SlotNorms
        {
            KeyL1 = Index(SlotPlanes.KeyL1),
            KeyL2 = Index(SlotPlanes.KeyL2),
            ValueL1 = Index(SlotPlanes.ValueL1),
            ValueL2 = Index(SlotPlanes.ValueL2),
        };
    }
}
