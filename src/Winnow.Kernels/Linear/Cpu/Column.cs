using System.Runtime.CompilerServices;

namespace Winnow.Kernels.Linear.Cpu;

/// <summary>Four running sums that share one factor. Four fields, because that is what the compiler keeps in registers.</summary>
internal unsafe struct Column<TLanes, TVector>
    where TLanes : struct, ILanes<TVector>
    where TVector : unmanaged
{
    private TVector _a;
    private TVector _b;
    private TVector _c;
    private TVector _d;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(TVector shared, TVector a, TVector b, TVector c, TVector d)
    {
        _a = TLanes.MultiplyAdd(a, shared, _a);
        _b = TLanes.MultiplyAdd(b, shared, _b);
        _c = TLanes.MultiplyAdd(c, shared, _c);
        _d = TLanes.MultiplyAdd(d, shared, _d);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Load(float* source)
    {
        _a = TLanes.Load(source);
        _b = TLanes.Load(source + TLanes.Count);
        _c = TLanes.Load(source + (2 * TLanes.Count));
        _d = TLanes.Load(source + (3 * TLanes.Count));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Store(float* destination)
    {
        TLanes.Store(_a, destination);
        TLanes.Store(_b, destination + TLanes.Count);
        TLanes.Store(_c, destination + (2 * TLanes.Count));
        TLanes.Store(_d, destination + (3 * TLanes.Count));
    }
}
