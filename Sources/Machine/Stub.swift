package enum MachineStub {}
