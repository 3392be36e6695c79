namespace Winnow.Native;

/// <summary>One parameter as winnow.h declares it.</summary>
internal sealed record HeaderParameter(string Type, string Name);
