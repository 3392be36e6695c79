namespace Winnow.Native;

/// <summary>This machine does not have the device that was asked for.</summary>
internal sealed class UnavailableException(string message) : WinnowException(message);
