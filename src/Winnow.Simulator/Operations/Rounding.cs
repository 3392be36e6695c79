namespace Winnow.Simulator.Operations;

/// <summary>Where a result goes that lies between two values of its type.</summary>
internal enum Rounding
{
    /// <summary>To the nearer, on a tie to the even one: <c>rn</c>, <c>rni</c>.</summary>
    Nearest,

    /// <summary>Towards zero: <c>rz</c>, <c>rzi</c>.</summary>
    Zero,

    /// <summary>Towards minus infinity: <c>rm</c>, <c>rmi</c>.</summary>
    Down,

    /// <summary>Towards plus infinity: <c>rp</c>, <c>rpi</c>.</summary>
    Up,

    /// <summary>To the nearer, on a tie away from zero: <c>rna</c>.</summary>
    Away,
}
